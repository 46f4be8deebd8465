"""One Runge-Kutta step, as a method's numbers describe it."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from ode.dynamics import Dynamics, per_sample
from ode.methods.implicit import Equation
from ode.methods.method import Method


@dataclass(frozen=True)
class Stages:
    """The states of all stages, from the step's start to its end, and the slopes at all of them but the end.

    `evaluations` is what they cost, and `solved` says of which samples every implicit stage could be solved; None
    where all are explicit.
    """

    states: list[Tensor]
    slopes: list[Tensor]
    evaluations: Int64[Tensor, "sample"] | int
    solved: Bool[Tensor, "sample"] | None


def stages(
    f: Dynamics,
    method: Method,
    t: Float[Tensor, "sample"],
    y: Float[Tensor, "sample ..."],
    slope: Float[Tensor, "sample ..."],
    step: Float[Tensor, "sample"],
    equation: Equation,
) -> Stages:
    """Take one step of each sample from its own time; `slope` is f(t, y). `equation` solves the implicit stages."""
    states, slopes = [y], [slope]
    evaluations: Tensor | int = 0
    solved: Tensor | None = None
    for place, (weights, c) in enumerate(zip(method.a, method.c, strict=True)):
        if place:
            slopes.append(f(torch.add(t, step, alpha=method.c[place - 1]), states[-1]))
            evaluations = evaluations + 1
        state = torch.addcmul(y, per_sample(step, y), weigh(weights[: len(slopes)], slopes))
        if len(weights) > len(slopes):
            root = equation.solve(f, t + c * step, state, weights[-1] * step, states[-1], evaluations)
            state, evaluations = root.state, evaluations + root.evaluations
            solved = root.solved if solved is None else solved & root.solved
        states.append(state)
    return Stages(states, slopes, evaluations, solved)


def weigh(weights: tuple[float, ...], slopes: list[Tensor]) -> Tensor:
    """The weighted sum of slopes; those of weight 0 are not touched."""
    terms = [(weight, slope) for weight, slope in zip(weights, slopes, strict=True) if weight]
    if not terms:
        return torch.zeros_like(slopes[0])
    total = terms[0][0] * terms[0][1]
    for weight, slope in terms[1:]:
        total.add_(slope, alpha=weight)
    return total
