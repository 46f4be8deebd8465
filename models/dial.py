"""The dial: what was found, on validation beats, of how a network may be solved, and how it may choose for itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Int64
from pydantic import BaseModel, ConfigDict, NonNegativeFloat

from models.network import AUTO, Solver
from ode import Status


@dataclass(frozen=True)
class Answers:
    """What a network says of many beats: their logits, and what their solves cost, as `ode.Solution` has it."""

    logits: Float32[np.ndarray, "beat class"]
    evaluations: Int64[np.ndarray, "beat"]
    accepted: Int64[np.ndarray, "beat"]
    rejected: Int64[np.ndarray, "beat"]
    error: Float32[np.ndarray, "beat"]
    status: Int64[np.ndarray, "beat"]

    @property
    def margin(self) -> Float32[np.ndarray, "beat"]:
        """How far the likeliest class is ahead of the next."""
        second, first = np.sort(self.logits, axis=1)[:, -2:].T
        margin: np.ndarray = first - second
        return margin


Solve = Callable[[Float32[np.ndarray, "beat length"], Solver], Answers]


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
    ) -> tuple[Answers, Bool[np.ndarray, "beat"], Bool[np.ndarray, "beat"]]:
        """The answers; which of them are the tight solve's; and of which of these the cheap one had said the same.

        A beat that took both solves has cost both.
        """
        cheap = solve(beats, replace(self.cheap, max_evaluations=max_evaluations))
        doubtful = ~(cheap.margin > self.doubt * cheap.error) | (cheap.status != Status.OK)
        agreed = np.zeros_like(doubtful)
        if not doubtful.any():
            return cheap, doubtful, agreed
        left = max(max_evaluations - int(cheap.evaluations.max()), 1)
        tight = solve(beats[doubtful], replace(self.tight, max_evaluations=left))
        agreed[doubtful] = tight.logits.argmax(1) == cheap.logits[doubtful].argmax(1)
        tight = replace(tight, evaluations=cheap.evaluations[doubtful] + tight.evaluations)
        return _put(cheap, doubtful, tight), doubtful, agreed


def _put(answers: Answers, which: Bool[np.ndarray, "beat"], others: Answers) -> Answers:
    """The answers, with others in place of some."""

    def put(name: str) -> np.ndarray:
        values: np.ndarray = getattr(answers, name).copy()
        values[which] = getattr(others, name)
        return values

    return Answers(**{name: put(name) for name in vars(answers)})


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
