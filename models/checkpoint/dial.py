"""The dial: what was found, on validation beats, of how a network may be solved, and how it may choose for itself."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float32
from pydantic import BaseModel, ConfigDict, NonNegativeFloat

from models.answers import SolvedAnswers
from models.networks.network import AUTO, Solver

Solve = Callable[[Float32[np.ndarray, "beat length"], Solver], SolvedAnswers]


class Auto(BaseModel):
    """A cheap solve for every beat, and a tight one for those that it leaves in doubt.

    In doubt is a beat whose two likeliest logits are no further apart than `doubt` times the error estimate of the
    cheap solve, and one whose cheap solve failed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cheap: Solver
    tight: Solver
    doubt: NonNegativeFloat

    def answer(
        self, solve: Solve, beats: Float32[np.ndarray, "beat length"], max_evaluations: int
    ) -> tuple[SolvedAnswers, Bool[np.ndarray, "beat"], Bool[np.ndarray, "beat"]]:
        """The answers; which of them are the tight solve's; and of which of these the cheap one had said the same.

        A beat that took both solves has cost both.
        """
        cheap = solve(beats, replace(self.cheap, max_evaluations=max_evaluations))
        doubtful = ~(cheap.answers.margin > self.doubt * cheap.cost.error) | ~cheap.cost.solved
        agreed = np.zeros_like(doubtful)
        if not doubtful.any():
            return cheap, doubtful, agreed
        left = max(max_evaluations - int(cheap.cost.evaluations.max()), 1)
        tight = solve(beats[doubtful], replace(self.tight, max_evaluations=left))
        agreed[doubtful] = tight.answers.logits.argmax(1) == cheap.answers.logits[doubtful].argmax(1)
        tight = replace(tight, cost=tight.cost.plus(cheap.cost.evaluations[doubtful]))
        return cheap.replaced(doubtful, tight), doubtful, agreed


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
