"""The continuous adjoint, solved backward with each sample's own steps (Chen et al. 2018, algorithm 2).

Beside the state y goes the adjoint a = dL/dy, which obeys da/dt = -a' df/dy. The gradient of the parameters is an
integral along the way, dL/dp = integral of a' df/dp over t, which nothing else depends on: it is no part of the
state that is solved for, but is summed, step by step, by the quadrature weights of the method.
"""

from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from ode.dynamics import Dynamics, casting_as_now, parameters_of, per_sample
from ode.methods.step_size import root_mean_square
from ode.solve.loop import Loop
from ode.solve.solution import Solution
from ode.solve.step import Step


def integrate_with_adjoint(loop: Loop, y0: Float[Tensor, "sample ..."]) -> Solution:
    """Run the loop; the states that come back are differentiable in `y0` and in the parameters of `loop.f`.

    The way back is solved with the loop's method and tolerances, where a sample's adjoint counts relative to its
    size at the end: how a loss is scaled does not change the steps. A sample that failed, on either way, has a
    gradient of zero and adds nothing to that of the parameters. Under autocast the way back casts as the way there.
    Raises InvalidSolver where `loop.f` is no nn.Module: its parameters could not be known.
    """
    parameters = parameters_of(loop.f)
    loop = replace(loop, f=casting_as_now(loop.f, y0.device.type))
    with torch.no_grad():
        solution = loop.run(y0)
    between, states = _Adjoint.apply(loop, solution, y0, *parameters)  # type: ignore[no-untyped-call]
    return replace(solution, between=between, states=states)


class _Adjoint(torch.autograd.Function):
    """A finished solve as one operation of the graph."""

    @staticmethod
    def forward(ctx: Any, loop: Loop, solution: Solution, _: Tensor, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        ctx.loop, ctx.solution = loop, solution
        ctx.save_for_backward(*parameters)
        return solution.between.clone(), solution.states.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        of_between, of_states = gradients
        of_path = torch.cat((torch.zeros_like(of_states)[None], of_between, of_states[None]))
        at_start, of_parameters = _solve_backward(ctx.loop, ctx.solution, of_path, ctx.saved_tensors)
        return None, None, at_start, *of_parameters


def _solve_backward(
    loop: Loop, forward: Solution, of_path: Float[Tensor, "time sample ..."], parameters: tuple[Tensor, ...]
) -> tuple[Tensor, list[Tensor]]:
    """The adjoint at the start, and the gradients of the parameters."""
    solved = forward.cost.solved
    at_start, gradients, arrived = _solve_samples_backward(loop, forward, of_path, parameters, solved)
    if not arrived.all():  # their share of the parameters' gradient cannot be separated: sum it without them
        solved[solved.clone()] = arrived
        at_start, gradients, _ = _solve_samples_backward(loop, forward, of_path, parameters, solved)
    return at_start, gradients


def _solve_samples_backward(
    loop: Loop,
    forward: Solution,
    of_path: Float[Tensor, "time sample ..."],
    parameters: tuple[Tensor, ...],
    solved: Bool[Tensor, "sample"],
) -> tuple[Tensor, list[Tensor], Bool[Tensor, "solved"]]:
    """The same for some of the samples, zero for the others; and which of them arrived at the start.

    The way back stops at every time that was asked for, where the loss adds to the adjoint.
    """
    path, of_path = forward.path[:, solved], of_path[:, solved]
    steps = (loop.times[0] - loop.times[-1]) / forward.cost.accepted[solved]
    gradients = [torch.zeros_like(parameter) for parameter in parameters]
    adjoint = of_path[-1].clone()
    arrived = torch.ones_like(steps, dtype=torch.bool)
    for time in range(len(loop.times) - 1, 0, -1):
        moving = root_mean_square(adjoint) > 0  # what no loss depends on stays zero
        leg = replace(loop, times=(loop.times[time], loop.times[time - 1]))
        adjoint[moving], arrived[moving] = _solve_leg(
            leg, path[time][moving], adjoint[moving], steps[moving], parameters, gradients
        )
        adjoint = adjoint + of_path[time - 1]
    at_start = torch.zeros_like(forward.states)
    at_start[solved] = adjoint
    return at_start, gradients, arrived


def _solve_leg(
    leg: Loop,
    states: Float[Tensor, "sample ..."],
    adjoint: Float[Tensor, "sample ..."],
    steps: Float[Tensor, "sample"],
    parameters: tuple[Tensor, ...],
    gradients: list[Tensor],
) -> tuple[Tensor, Bool[Tensor, "sample"]]:
    """The adjoint at the leg's end and which samples got there; adds to the gradients of the parameters."""
    size = root_mean_square(adjoint)
    unit = per_sample(size, adjoint)
    quadrature = _ParameterGradient(leg.f, parameters, size, gradients)
    back = replace(leg, f=_augment(leg.f), observe=quadrature.add if parameters else None)
    solution = back.run(torch.stack((states, adjoint / unit), 1), steps)
    return solution.states[:, 1] * unit, solution.cost.solved


def _augment(f: Dynamics) -> Dynamics:
    """The dynamics of state and adjoint together, `[sample, 2, ...]`."""

    def augmented(t: Float[Tensor, "sample"], pairs: Float[Tensor, "sample 2 ..."]) -> Float[Tensor, "sample 2 ..."]:
        y, adjoint = pairs.unbind(1)
        with torch.enable_grad():
            y = y.detach().requires_grad_()
            slope = f(t, y)
        (of_state,) = torch.autograd.grad(slope, y, adjoint)
        return torch.stack((slope.detach(), -of_state), 1)

    return augmented


class _ParameterGradient:
    """The integral of a' df/dp, summed over the steps that were accepted."""

    def __init__(
        self, f: Dynamics, parameters: tuple[Tensor, ...], size: Float[Tensor, "sample"], gradients: list[Tensor]
    ) -> None:
        self.f = f
        self.parameters = parameters
        self.size = size
        self.gradients = gradients

    def add(self, step: Step) -> None:
        """Add one step, by the weights of the method at its nodes."""
        weighed = [(place, weight) for place, weight in enumerate(step.weights) if weight]
        t = torch.cat([step.t + step.shares[place] * step.length for place, _ in weighed])
        y, adjoint = torch.cat([step.nodes[place] for place, _ in weighed]).unbind(1)
        # The way is walked backward, so lengths are against the sense of the integral.
        share = torch.cat([-weight * step.length * self.size[step.index] for _, weight in weighed])
        with torch.enable_grad():
            slope = self.f(t, y)
        parts = torch.autograd.grad(slope, self.parameters, per_sample(share, adjoint) * adjoint, allow_unused=True)
        for total, part in zip(self.gradients, parts, strict=True):
            if part is not None:
                total += part
