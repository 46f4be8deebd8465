"""The front door: `integrate` checks what it is asked, and hands the solve to the gradient that was chosen."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, get_args

import torch
from torch import Tensor

from ode.dynamics import Dynamics
from ode.errors import InvalidSolver
from ode.gradients.adjoint import integrate_with_adjoint
from ode.gradients.checkpointed import integrate_with_checkpoints
from ode.gradients.moments import move_ends, move_start
from ode.gradients.torchdiffeq import integrate_by_torchdiffeq
from ode.methods.method import Method, find_method
from ode.solve.loop import Deadline, Loop
from ode.solve.solution import Solution

Gradient = Literal["adjoint", "checkpointed", "direct", "torchdiffeq"]

DEFAULT_MAX_EVALUATIONS = 2000


def integrate(
    f: Dynamics,
    y0: Tensor,
    times: Sequence[float] | Tensor,
    *,
    method: str = "dopri5",
    rtol: float = 1e-3,
    atol: float = 1e-3,
    max_evaluations: int = DEFAULT_MAX_EVALUATIONS,
    first_step: float | None = None,
    step: float | None = None,
    deadline: Deadline | None = None,
    gradient: str | None = None,
) -> Solution:
    """Solve dy/dt = f(t, y) from `times[0]`, where y is `y0`, to `times[-1]`, each sample with its own steps.

    `y0` is `[sample, ...]`; `f` takes the time of each sample `[sample]` and its state `[sample, ...]`. A sample whose
    solve fails keeps its last good state and says why in its status; it raises nothing and harms no other.

    `times` rise or fall. The solution has the states at all of them: those between the ends by the method's dense
    output, at no cost, or where it has none (dopri8) by ending a step there. Where `times` is a tensor that requires a
    gradient, the states have one in every time, the first included, which costs an evaluation each.

    `methods()` lists the methods. An adaptive one accepts a step where the root mean square of its error estimate over
    `atol + rtol * |y|` is at most 1; `first_step` is the length that it tries first, and where that is left out, one
    evaluation is spent on choosing it. All others take `step` instead, the length of their steps. The implicit ones
    solve the equation of each step until its error is at most a hundredth of `atol + rtol * |y|`, and shorten a step
    whose equation they cannot solve; fixed and multistep ones know no tolerance.

    No sample costs more than `max_evaluations`, and none begins another step at or after `deadline`, a moment on the
    clock of `time.monotonic()`, or what gives it before each step, where it may change meanwhile.

    `gradient` says how the solution is differentiated: None not at all; "adjoint" by the continuous adjoint (Chen
    et al. 2018), solved backward with each sample's own steps, in memory that does not grow with their number;
    "checkpointed" by taking the steps again one by one, in memory of one state a step; "direct", which gives the
    same, through every operation of the solve; "torchdiffeq" by that library's adjoint, with one step size for all.

    Raises UnknownMethod and InvalidSolver.
    """
    chosen = find_method(method)
    _check(y0, rtol, atol, max_evaluations)
    moments = _moments(times)
    _check_steps(chosen, first_step, step)
    if gradient not in (None, *get_args(Gradient)):
        raise InvalidSolver(f"got gradient {gradient!r}, expected None or one of: {', '.join(get_args(Gradient))}")
    loop = Loop(f, chosen, moments, rtol, atol, max_evaluations, step if first_step is None else first_step, deadline)
    if gradient is None or not (isinstance(times, Tensor) and times.requires_grad and torch.is_grad_enabled()):
        return _solve(loop, y0, gradient)
    return move_ends(f, _solve(loop, move_start(f, y0, times), gradient), times)


def _solve(loop: Loop, y0: Tensor, gradient: str | None) -> Solution:
    if gradient == "torchdiffeq":
        return integrate_by_torchdiffeq(loop, y0)
    if gradient == "adjoint":
        return integrate_with_adjoint(loop, y0)
    if gradient == "checkpointed":
        return integrate_with_checkpoints(loop, y0)
    with torch.set_grad_enabled(gradient == "direct" and torch.is_grad_enabled()):
        return loop.run(y0)


def _moments(times: Sequence[float] | Tensor) -> tuple[float, ...]:
    """The times as numbers, checked."""
    if isinstance(times, Tensor) and times.dim() != 1:
        raise InvalidSolver(f"got times of shape {list(times.shape)}, expected [time]")
    moments = tuple(times.tolist()) if isinstance(times, Tensor) else tuple(map(float, times))
    lengths = [later - earlier for earlier, later in pairwise(moments)]
    if not lengths or not all(map(math.isfinite, moments)) or min(lengths) * max(lengths) <= 0:
        raise InvalidSolver(f"got times {moments}, expected two or more finite ones that rise, or fall, all the way")
    return moments


def _check(y0: Tensor, rtol: float, atol: float, max_evaluations: int) -> None:
    if y0.dim() < 1 or not y0.is_floating_point():
        raise InvalidSolver(f"got y0 of shape {list(y0.shape)} and type {y0.dtype}, expected floats [sample, ...]")
    _check_positive(rtol=rtol, atol=atol)
    if max_evaluations < 1:
        raise InvalidSolver(f"got max_evaluations {max_evaluations}, expected 1 or more")


def _check_steps(method: Method, first_step: float | None, step: float | None) -> None:
    if not method.takes_step:
        if step is not None:
            raise InvalidSolver(f"got step {step}, expected none: {method.name} chooses its own steps")
        if first_step is not None:
            _check_positive(first_step=first_step)
        return
    if step is None or first_step is not None:
        raise InvalidSolver(
            f"got step {step} and first_step {first_step}, expected a step and no first_step: "
            f"{method.name} takes the steps that it is given"
        )
    _check_positive(step=step)


def _check_positive(**settings: float) -> None:
    for name, value in settings.items():
        if not (math.isfinite(value) and value > 0):
            raise InvalidSolver(f"got {name} {value}, expected a finite number above 0")
