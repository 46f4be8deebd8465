"""The front door: `integrate` checks what it is asked, and hands the solve to the gradient that was chosen."""

import math
from typing import Literal, get_args

import torch
from torch import Tensor

from ode.adjoint import integrate_with_adjoint
from ode.checkpointed import integrate_with_checkpoints
from ode.dynamics import Dynamics
from ode.errors import InvalidSolver
from ode.loop import Loop
from ode.method import find_method
from ode.solution import Solution
from ode.torchdiffeq import integrate_by_torchdiffeq

Gradient = Literal["adjoint", "checkpointed", "direct", "torchdiffeq"]

DEFAULT_MAX_EVALUATIONS = 2000


def integrate(
    f: Dynamics,
    y0: Tensor,
    times: tuple[float, float],
    *,
    method: str = "dopri5",
    rtol: float = 1e-3,
    atol: float = 1e-3,
    max_evaluations: int = DEFAULT_MAX_EVALUATIONS,
    first_step: float | None = None,
    gradient: str | None = None,
) -> Solution:
    """Solve dy/dt = f(t, y) from `times[0]`, where y is `y0`, to `times[1]`, each sample with its own steps.

    `y0` is `[sample, ...]`; `f` takes the time of each sample `[sample]` and its state `[sample, ...]`. A step is
    accepted where the root mean square of its error estimate over `atol + rtol * |y|` is at most 1. A sample whose
    solve fails keeps its last good state and says why in its status; it raises nothing and harms no other.
    `first_step` is the length that every sample tries first; where left out, one evaluation is spent on choosing it.

    `gradient` says how the solution is differentiated: None not at all; "adjoint" by the continuous adjoint (Chen
    et al. 2018), solved backward with each sample's own steps, in memory that does not grow with their number;
    "checkpointed" by taking the steps again one by one, in memory of one state a step; "direct", which gives the
    same, through every operation of the solve; "torchdiffeq" by that library's adjoint, with one step size for all.

    Raises UnknownMethod and InvalidSolver.
    """
    tableau = find_method(method)
    _check(y0, times, rtol, atol, max_evaluations, first_step)
    if gradient not in (None, *get_args(Gradient)):
        raise InvalidSolver(f"got gradient {gradient!r}, expected None or one of: {', '.join(get_args(Gradient))}")
    loop = Loop(f, tableau, times, rtol, atol, max_evaluations, first_step)
    if gradient == "torchdiffeq":
        return integrate_by_torchdiffeq(loop, y0)
    if gradient == "adjoint":
        return integrate_with_adjoint(loop, y0)
    if gradient == "checkpointed":
        return integrate_with_checkpoints(loop, y0)
    with torch.set_grad_enabled(gradient == "direct" and torch.is_grad_enabled()):
        return loop.run(y0)


def _check(
    y0: Tensor,
    times: tuple[float, float],
    rtol: float,
    atol: float,
    max_evaluations: int,
    first_step: float | None,
) -> None:
    if y0.dim() < 1 or not y0.is_floating_point():
        raise InvalidSolver(f"got y0 of shape {list(y0.shape)} and type {y0.dtype}, expected floats [sample, ...]")
    if len(times) != 2 or not all(map(math.isfinite, times)) or times[0] == times[1]:
        raise InvalidSolver(f"got times {times}, expected a start and another, finite end")
    for name, value in (("rtol", rtol), ("atol", atol), ("first_step", 1.0 if first_step is None else first_step)):
        if not (math.isfinite(value) and value > 0):
            raise InvalidSolver(f"got {name} {value}, expected a finite number above 0")
    if max_evaluations < 1:
        raise InvalidSolver(f"got max_evaluations {max_evaluations}, expected 1 or more")
