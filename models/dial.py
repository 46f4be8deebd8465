"""The dial: what was found, on validation beats, of how a network may be solved, and how it may choose for itself."""

from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from pydantic import BaseModel, ConfigDict, NonNegativeFloat
from torch import Tensor, nn

from models.network import AUTO, Output, Solver
from ode import Solution, Status


class Auto(BaseModel):
    """A cheap solve for every beat, and a tight one for those that it leaves in doubt.

    In doubt is a beat whose two likeliest logits are no further apart than `doubt` times the error estimate of the
    cheap solve, and one whose cheap solve failed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cheap: Solver
    tight: Solver
    doubt: NonNegativeFloat

    def answer(self, network: nn.Module, beats: Float[Tensor, "beat 187"], max_evaluations: int) -> Output:
        """The answers of both solves together; a beat that took both has cost both."""
        cheap: Output = network(beats, replace(self.cheap, max_evaluations=max_evaluations))
        if cheap.solution is None:
            return cheap
        doubtful = ~(margin(cheap.logits) > self.doubt * cheap.solution.error) | (cheap.solution.status != Status.OK)
        agreed = torch.zeros_like(doubtful)
        if not doubtful.any():
            return replace(cheap, tight=doubtful, agreed=agreed)
        left = max_evaluations - int(cheap.solution.evaluations.max())
        tight: Output = network(beats[doubtful], replace(self.tight, max_evaluations=max(left, 1)))
        logits = cheap.logits.clone()
        logits[doubtful] = tight.logits
        agreed[doubtful] = tight.logits.argmax(1) == cheap.logits[doubtful].argmax(1)
        solution = tight.solution and _put(cheap.solution, doubtful, tight.solution)
        return Output(logits=logits, solution=solution, tight=doubtful, agreed=agreed)


def margin(logits: Float[Tensor, "beat class"]) -> Float[Tensor, "beat"]:
    """How far the likeliest class is ahead of the next."""
    first, second = logits.topk(2, 1).values.unbind(1)
    return first - second


def _put(cheap: Solution, which: Bool[Tensor, "beat"], tight: Solution) -> Solution:
    """The cheap solution, with the tight one in place of some beats, whose evaluations add up."""

    def put(name: str) -> Tensor:
        values: Tensor = getattr(cheap, name).clone()
        values[which] = getattr(tight, name)
        return values

    evaluations = cheap.evaluations.clone()
    evaluations[which] += tight.evaluations
    kept = {name: put(name) for name in ("states", "accepted", "rejected", "error", "status")}
    return replace(cheap, evaluations=evaluations, **kept)


class Validated(BaseModel):
    """Settings of one method under which a network labels beats as under a tight solve; None for one it ignores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    tolerances: tuple[float, float] | None = None
    steps: tuple[float, float] | None = None

    def covers(self, solver: Solver) -> bool:
        """Whether these settings lie within."""
        if solver.method != self.method:
            return False
        if self.tolerances and not all(
            self.tolerances[0] <= t <= self.tolerances[1] for t in (solver.rtol, solver.atol)
        ):
            return False
        return self.steps is None or (solver.step is not None and self.steps[0] <= solver.step <= self.steps[1])


class Dial(BaseModel):
    """What a network's validation beats have shown of its solver."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    validated: tuple[Validated, ...]
    auto: Auto | None = None

    def covers(self, solver: Solver) -> bool:
        """Whether labels by these settings were found to be those of a tight solve."""
        if solver.method == AUTO:
            return self.auto is not None
        return any(validated.covers(solver) for validated in self.validated)
