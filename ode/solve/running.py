"""The samples of a solve that are still under way, and how those that have ended come together again."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

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
    evaluations: Int64[Tensor, "sample"]
    accepted: Int64[Tensor, "sample"]
    rejected: Int64[Tensor, "sample"]
    error: Float[Tensor, "sample"]

    def select(self, which: Bool[Tensor, "sample"]) -> "Running":
        """Those samples alone."""
        return Running(**{name: value[which] for name, value in vars(self).items()})


@dataclass(frozen=True)
class Ended:
    """Samples that have ended, and how."""

    running: Running
    status: Int64[Tensor, "sample"]


def gather(y0: Float[Tensor, "sample ..."], ended: list[Ended], passed: list[Passed], between: int) -> Solution:
    """All samples, back in the order in which they came, with their states at the `between` times on the way."""
    if not ended:
        counts = torch.zeros(0, dtype=torch.int64, device=y0.device)
        return Solution(y0, y0.new_zeros(between, *y0.shape), y0, counts, counts, counts, y0.new_zeros(0), counts)
    order = torch.cat([part.running.index for part in ended]).argsort()

    def in_order(parts: list[Tensor]) -> Tensor:
        return parts[0] if len(parts) == 1 else torch.cat(parts)[order]  # one part has never lost its order

    def joined(name: str) -> Tensor:
        return in_order([getattr(part.running, name) for part in ended])

    states = joined("y")
    on_the_way = states.expand(between, *states.shape)
    if passed:
        places = torch.cat([part.time for part in passed]) - 1, torch.cat([part.index for part in passed])
        on_the_way = on_the_way.index_put(places, torch.cat([part.states for part in passed]))
    return Solution(
        start=y0,
        between=on_the_way,
        states=states,
        evaluations=joined("evaluations"),
        accepted=joined("accepted"),
        rejected=joined("rejected"),
        error=joined("error"),
        status=in_order([part.status for part in ended]),
    )
