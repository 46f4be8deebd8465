"""Batches: beats of different requests that are solved together, and the requests that wait for them."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float32

from models import Classifier, Decisions, Plan, Solver

Urgency = Literal["prompt", "bulk", "spare"]
"""prompt: of requests, which are answered soon or refused, and of live signals. bulk: of recordings and explanations,
each a part of much: one worker at a time solves them, and few at once where no other is free, so that prompt ones do
not wait for long. spare: of shadows, whom nobody waits for: they are solved while there are no others."""


@dataclass(frozen=True)
class BatchKey:
    """What beats must have in common to be solved together."""

    classifier: Classifier
    solver: Solver | None
    urgency: Urgency = "prompt"

    @classmethod
    def of(cls, plan: Plan, urgency: Urgency) -> "BatchKey":
        """That of beats which are decided on by a plan."""
        return cls(plan.classifier, plan.solver, urgency)

    @property
    def model(self) -> str:
        """The model's name."""
        return self.classifier.identity.name


@dataclass(eq=False)
class PendingRequest:
    """The beats of one request, and what was decided on them so far. Times are those of `time.monotonic`."""

    beats: Float32[np.ndarray, "beat length"]
    deadline: float
    least_confidence: float
    """What it takes not to abstain."""
    answer: "asyncio.Future[Decisions]"
    since: float = field(default_factory=time.monotonic)
    taken: int = 0
    """Beats that are being solved, or have been."""
    parts: dict[int, Decisions] = field(default_factory=dict)
    """By the place of their first beat."""

    @property
    def left(self) -> int:
        """Beats that wait."""
        return len(self.beats) - self.taken

    @property
    def whole(self) -> Decisions | None:
        """The decisions on all of them, None while some are missing."""
        if sum(map(len, self.parts.values())) < len(self.beats):
            return None
        return Decisions.joined([self.parts[start] for start in sorted(self.parts)])


@dataclass(frozen=True)
class Piece:
    """Beats of one request that are solved together."""

    request: PendingRequest
    start: int
    stop: int

    @property
    def beats(self) -> Float32[np.ndarray, "beat length"]:
        """They themselves."""
        return self.request.beats[self.start : self.stop]


@dataclass(frozen=True)
class SolvedBatch:
    """Pieces that were solved together, and what came of each. Times are those of `time.monotonic`."""

    key: BatchKey
    pieces: Sequence[Piece]
    parts: Sequence[Decisions | Exception]
    started: float
    ended: float
