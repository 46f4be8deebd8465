"""Dynamics learnt from one trajectory that was observed with noise: from spans of it.

Surtsukov, "Neural ODEs" (2019), github.com/msurtsukov/neural-ode: a span 1 to 5 long, of at most 32 observations, is
drawn at random and solved from the observation that it begins with; the solve is held against the others. A whole
trajectory would lead astray for long: while the dynamics are wrong, its late part says nothing of them. There each step
of the optimiser has one span; here it has many of the same length, since `integrate` solves them at once.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from ode import Dynamics, integrate

SHORTEST, LONGEST = 1.0, 5.0
POINTS = 32
"""A span has no more observations than these, the one that it begins with included."""
SPANS = 32
"""That are solved at once."""


@dataclass(frozen=True)
class Observed:
    """A trajectory at times that are equally far from each other: what is true, and what was seen of it."""

    times: Float[Tensor, "time"]
    true: Float[Tensor, "time state"]
    seen: Float[Tensor, "time state"]

    def spans(self, length: float) -> tuple[Float[Tensor, "point"], Float[Tensor, "point span state"]]:
        """All spans of that length: the times from where they begin, and what was seen."""
        points = 1 + round(length / float(self.times[1]))
        return self.times[:points], self.seen.unfold(0, points, 1).permute(2, 0, 1)


def follow(f: Dynamics, start: Float[Tensor, "state"], times: Float[Tensor, "time"]) -> Float[Tensor, "time state"]:
    """The trajectory from `start`, by a tight solve that keeps no gradient."""
    return integrate(f, start[None], times, rtol=1e-6, atol=1e-6).path[:, 0]


def observe(
    f: Dynamics, start: Float[Tensor, "state"], end: float = 31.45, count: int = 200, noise: float = 0.01
) -> Observed:
    """So many noisy observations of a trajectory, from time 0 to `end`; `noise` is their standard deviation."""
    times = torch.linspace(0, end, count, dtype=start.dtype)
    true = follow(f, start, times)
    return Observed(times, true, true + noise * torch.randn_like(true))


def misfit(
    f: nn.Module,
    starts: Float[Tensor, "span state"],
    times: Float[Tensor, "point"],
    seen: Float[Tensor, "point span state"],
    tolerance: float = 1e-4,
) -> Float[Tensor, ""]:
    """The mean square of how far the solves from `starts` pass by what was seen."""
    return F.mse_loss(integrate(f, starts, times, rtol=tolerance, atol=tolerance, gradient="direct").path, seen)


def misfit_of_draw(f: nn.Module, observed: Observed) -> Float[Tensor, ""]:
    """The misfit of spans that are drawn anew at each call: of a random length, from random observations on."""
    times, seen = observed.spans(float(torch.empty(()).uniform_(SHORTEST, LONGEST)))
    drawn = seen[:POINTS, torch.randint(seen.shape[1], (SPANS,))]
    return misfit(f, drawn[0], times[:POINTS], drawn, tolerance=1e-3)  # is enough beside the noise
