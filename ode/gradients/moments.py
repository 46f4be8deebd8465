"""The gradients of the times themselves: what a solve's states change by where its start or a time asked for moves.

A solution moves along its slope, so y(t + d) is y(t) + f(t, y(t)) d, and one that starts at t0 + d is one that starts
at t0 from y0 - f(t0, y0) d (Chen et al. 2018, appendix B). Both hold for any way of solving and differentiating.
"""

from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ode.dynamics import Dynamics, per_sample
from ode.solve.solution import Solution


def move_start(f: Dynamics, y0: Float[Tensor, "sample ..."], times: Float[Tensor, "time"]) -> Tensor:
    """`y0`, differentiable in the first of the times; costs one evaluation."""
    everywhere = torch.ones(len(y0), dtype=torch.bool, device=y0.device)
    return _move(f, y0, times[0], -1.0, everywhere)


def move_ends(f: Dynamics, solution: Solution, times: Float[Tensor, "time"]) -> Solution:
    """The solution, its states differentiable in their times; costs an evaluation for each time but the first.

    The states of a sample that failed are of no time that was asked for, and do not move.
    """
    solved = solution.cost.solved
    between = [_move(f, y, t, 1.0, solved) for y, t in zip(solution.between, times[1:-1], strict=True)]
    return replace(
        solution,
        between=torch.stack(between) if between else solution.between,
        states=_move(f, solution.states, times[-1], 1.0, solved),
        cost=solution.cost.plus(len(times)),
    )


def _move(
    f: Dynamics, y: Float[Tensor, "sample ..."], t: Float[Tensor, ""], sense: float, which: Bool[Tensor, "sample"]
) -> Tensor:
    with torch.no_grad():
        slope = f(t.to(y.dtype).expand(len(y)), y)
        slope = torch.where(per_sample(which, y), slope, torch.zeros_like(slope))
    distance: Tensor = (t - t.detach()).to(y.dtype)
    return y + sense * distance * slope
