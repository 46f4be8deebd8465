"""The exact gradient of the discrete solution, in memory of one step and one state a step.

Forward, each accepted step leaves where it began. Backward, the steps are taken again one by one, from the last to the
first, each with its graph, and differentiated (Griewank and Walther, "Algorithm 799: revolve", 2000, with a checkpoint
at every step). How long the steps are is held fixed.
"""

from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from ode.dynamics import casting_as_now, parameters_of, per_sample
from ode.loop import Loop, Step
from ode.runge_kutta import stages
from ode.solution import Solution, Status


def integrate_with_checkpoints(loop: Loop, y0: Float[Tensor, "sample ..."]) -> Solution:
    """Run the loop; the states that come back are differentiable in `y0` and in the parameters of `loop.f`.

    A sample that failed has a gradient of zero and adds nothing to that of the parameters. Raises InvalidSolver where
    `loop.f` is no nn.Module: its parameters could not be known.
    """
    parameters = parameters_of(loop.f)
    taken: list[Step] = []
    loop = replace(loop, f=casting_as_now(loop.f, y0.device.type))
    with torch.no_grad():
        solution = replace(loop, observe=lambda step: taken.append(_without_its_way(step))).run(y0)
    states: Tensor = _Checkpointed.apply(loop, solution, taken, y0, *parameters)  # type: ignore[no-untyped-call]
    return replace(solution, states=states)


def _without_its_way(step: Step) -> Step:
    return replace(step, stages=step.stages[:1])


class _Checkpointed(torch.autograd.Function):
    """A finished solve as one operation of the graph."""

    @staticmethod
    def forward(ctx: Any, loop: Loop, solution: Solution, taken: list[Step], _: Tensor, *parameters: Tensor) -> Tensor:
        ctx.loop, ctx.solution, ctx.taken = loop, solution, taken
        ctx.save_for_backward(*parameters)
        return solution.states.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        parameters = ctx.saved_tensors
        solved = ctx.solution.status == Status.OK
        of_state = torch.where(per_sample(solved, gradients[0]), gradients[0], torch.zeros_like(gradients[0]))
        of_parameters = [torch.zeros_like(parameter) for parameter in parameters]
        for step in reversed(ctx.taken):
            step = _of_samples(step, solved)
            if len(step.index):
                of_start, parts = _differentiate(ctx.loop, step, of_state[step.index], parameters)
                of_state[step.index] = of_start
                for total, part in zip(of_parameters, parts, strict=True):
                    total += 0.0 if part is None else part
        return None, None, None, of_state, *of_parameters


def _of_samples(step: Step, chosen: Tensor) -> Step:
    """The same step of the chosen samples alone."""
    which = chosen[step.index]
    return Step(step.index[which], step.t[which], step.length[which], [stage[which] for stage in step.stages])


def _differentiate(
    loop: Loop, step: Step, of_end: Float[Tensor, "sample ..."], parameters: tuple[Tensor, ...]
) -> tuple[Tensor, tuple[Tensor | None, ...]]:
    """The gradients of the step's start and of the parameters, from that of its end."""
    with torch.enable_grad():
        start = step.stages[0].detach().requires_grad_()
        slope = loop.f(step.t, start)
        ys, _ = stages(loop.f, loop.method, step.t, start, slope, step.length)
    of_start, *parts = torch.autograd.grad(ys[-1], (start, *parameters), of_end, allow_unused=True)
    return of_start, tuple(parts)
