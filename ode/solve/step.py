"""One step, as what comes after it sees it: dense output, and the gradients."""

from dataclasses import dataclass, replace

from jaxtyping import Bool, Float, Int64
from torch import Tensor


@dataclass(frozen=True)
class Step:
    """A step of some of the samples: which, from when to when, and from what its end was made.

    The end is the start plus `length` times the sum of `weights` times the slopes at `nodes`, states at the times
    `t + shares * length`, of which the first is the start. `slopes` are those at the stages; the last is at the end.
    """

    index: Int64[Tensor, "sample"]
    t: Float[Tensor, "sample"]
    length: Float[Tensor, "sample"]
    t_end: Float[Tensor, "sample"]
    nodes: list[Tensor]
    weights: tuple[float, ...]
    shares: tuple[float, ...]
    slopes: list[Tensor]
    end: Float[Tensor, "sample ..."]

    def select(self, which: Bool[Tensor, "sample"]) -> "Step":
        """The same step of those samples alone."""
        return replace(
            self,
            index=self.index[which],
            t=self.t[which],
            length=self.length[which],
            t_end=self.t_end[which],
            nodes=[node[which] for node in self.nodes],
            slopes=[slope[which] for slope in self.slopes],
            end=self.end[which],
        )
