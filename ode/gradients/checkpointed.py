"""The exact gradient of the discrete solution, in memory of one step and one state a step.

Forward, each accepted step leaves where it began. Backward, the steps are taken again one by one, from the last to the
first, each with its graph, and differentiated (Griewank and Walther, "Algorithm 799: revolve", 2000, with a checkpoint
at every step). How long the steps are is held fixed.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.autograd.function import once_differentiable

from ode.dynamics import casting_as_now, parameters_of, per_sample
from ode.errors import InvalidSolver
from ode.methods.runge_kutta import stages
from ode.solve.dense import interpolate, points_within
from ode.solve.loop import Loop
from ode.solve.solution import Solution
from ode.solve.step import Step


def integrate_with_checkpoints(loop: Loop, y0: Float[Tensor, "sample ..."]) -> Solution:
    """Run the loop; the states that come back are differentiable in `y0` and in the parameters of `loop.f`.

    A sample that failed has a gradient of zero and adds nothing to that of the parameters. Raises InvalidSolver where
    `loop.f` is no nn.Module: its parameters could not be known; and for a multistep method.
    """
    if loop.method.kind == "multistep":
        raise InvalidSolver(
            f'got gradient "checkpointed" with {loop.method.name}, expected another: each of its steps needs those '
            "before it, so none can be repeated alone"
        )
    parameters = parameters_of(loop.f)
    taken: list[_Checkpoint] = []
    loop = replace(loop, f=casting_as_now(loop.f, y0.device.type))
    with torch.no_grad():
        solution = replace(loop, observe=lambda step: taken.append(_Checkpoint.before(step))).run(y0)
    between, states = _Checkpointed.apply(loop, solution, taken, y0, *parameters)  # type: ignore[no-untyped-call]
    return replace(solution, between=between, states=states)


@dataclass(frozen=True)
class _Checkpoint:
    """What is kept of a step: what it takes to take it again."""

    index: Int64[Tensor, "sample"]
    t: Float[Tensor, "sample"]
    length: Float[Tensor, "sample"]
    t_end: Float[Tensor, "sample"]
    start: Float[Tensor, "sample ..."]

    @classmethod
    def before(cls, step: Step) -> "_Checkpoint":
        return cls(step.index, step.t, step.length, step.t_end, step.nodes[0])

    def select(self, which: Bool[Tensor, "sample"]) -> "_Checkpoint":
        return _Checkpoint(**{name: value[which] for name, value in vars(self).items()})

    def again(self, loop: Loop) -> Step:
        """The step, taken again."""
        slope = loop.f(self.t, self.start)
        equation = loop.equation(torch.zeros_like(self.index))
        done = stages(loop.f, loop.method, self.t, self.start, slope, self.length, equation)
        end = done.states[-1]
        slopes = [*done.slopes, loop.f(self.t_end, end)] if len(loop.times) > 2 else done.slopes
        weights, shares = loop.method.a[-1], (0.0, *loop.method.c)
        return Step(self.index, self.t, self.length, self.t_end, done.states, weights, shares, slopes, end)


class _Checkpointed(torch.autograd.Function):
    """A finished solve as one operation of the graph."""

    @staticmethod
    def forward(
        ctx: Any, loop: Loop, solution: Solution, taken: list[_Checkpoint], _: Tensor, *parameters: Tensor
    ) -> tuple[Tensor, Tensor]:
        ctx.loop, ctx.solution, ctx.taken = loop, solution, taken
        ctx.save_for_backward(*parameters)
        return solution.between.clone(), solution.states.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        of_between, of_states = gradients
        parameters = ctx.saved_tensors
        solved = ctx.solution.cost.solved
        of_state = torch.where(per_sample(solved, of_states), of_states, torch.zeros_like(of_states))
        of_parameters = [torch.zeros_like(parameter) for parameter in parameters]
        for checkpoint in reversed(ctx.taken):
            begun = checkpoint.select(solved[checkpoint.index])
            if len(begun.index):
                of_start, parts = _differentiate(ctx.loop, begun, of_state[begun.index], of_between, parameters)
                of_state[begun.index] = of_start
                for total, part in zip(of_parameters, parts, strict=True):
                    total += 0.0 if part is None else part
        return None, None, None, of_state, *of_parameters


def _differentiate(
    loop: Loop,
    begun: _Checkpoint,
    of_end: Float[Tensor, "sample ..."],
    of_between: Float[Tensor, "between all_samples ..."],
    parameters: tuple[Tensor, ...],
) -> tuple[Tensor, tuple[Tensor | None, ...]]:
    """The gradients of the step's start and of the parameters, from those of its end and of the times it passed."""
    points = points_within(begun.t, begun.t_end, begun.length, loop.times)
    start = begun.start.detach().requires_grad_()
    with torch.enable_grad():
        step = replace(begun, start=start).again(loop)
        outputs, of_outputs = [step.end], [of_end]
        if len(points.place):
            outputs.append(interpolate(loop.method, step, points))
            of_outputs.append(of_between[points.time - 1, begun.index[points.place]])
    of_start, *parts = torch.autograd.grad(outputs, (start, *parameters), of_outputs, allow_unused=True)
    return of_start, tuple(parts)
