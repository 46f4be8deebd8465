"""The samples of a solve that are still under way, and how those that have ended come together again."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from ode.solve.cost import Cost
from ode.solve.dense import Passed
from ode.solve.solution import Solution


@dataclass(frozen=True)
class Running:
    """Where each sample is, and what it has cost.

    `past` holds states and slopes at the starts of the steps before, the latest first, as a multistep method asks.
    """

    index: Int64[Tensor, "sample"]
    t: Float[Tensor, "sample"]
    y: Float[Tensor, "sample ..."]
    slope: Float[Tensor, "sample ..."]
    past: Float[Tensor, "sample past 2 ..."]
    step: Float[Tensor, "sample"]
    cost: Cost[Tensor]

    def select(self, which: Bool[Tensor, "sample"]) -> "Running":
        """Those samples alone."""
        return Running(
            self.index[which],
            self.t[which],
            self.y[which],
            self.slope[which],
            self.past[which],
            self.step[which],
            self.cost.select(which),
        )


@dataclass(frozen=True)
class Ended:
    """Samples that have ended: which, their last states, and what these cost."""

    index: Int64[Tensor, "sample"]
    states: Float[Tensor, "sample ..."]
    cost: Cost[Tensor]

    @classmethod
    def of(cls, running: Running, status: Int64[Tensor, "sample"]) -> "Ended":
        """The samples as they are, ended with this status."""
        return cls(running.index, running.y, replace(running.cost, status=status))


def gather(y0: Float[Tensor, "sample ..."], ended: list[Ended], passed: list[Passed], between: int) -> Solution:
    """All samples, back in the order in which they came, with their states at the `between` times on the way."""
    states, cost = ended[0].states, ended[0].cost
    if len(ended) > 1:  # one part has never lost its order
        order = torch.cat([part.index for part in ended]).argsort()
        states = torch.cat([part.states for part in ended])[order]
        cost = Cost.joined([part.cost for part in ended]).select(order)
    on_the_way = states.expand(between, *states.shape)
    if passed:
        places = torch.cat([part.time for part in passed]) - 1, torch.cat([part.index for part in passed])
        on_the_way = on_the_way.index_put(places, torch.cat([part.states for part in passed]))
    return Solution(y0, on_the_way, states, cost)
