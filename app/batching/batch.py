"""Batches: beats of different requests that are solved together, and the requests that wait for them."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64

from app.keys.bill import Bill
from models import Classifier, Decisions, Plan, Solver, expected_effort, weight_of
from ode import Status

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

    def spent_on(self, decisions: Decisions) -> Float64[np.ndarray, "beat"]:
        """What each beat has taken in the same; 0 where there was no solve."""
        if decisions.receipts is None:
            return np.zeros(len(decisions))
        return decisions.receipts.evaluations * weight_of(self.solver)

    @cached_property
    def effort(self) -> float:
        """About what a beat takes, by what is asked of the solver, in evaluations of an explicit method."""
        return expected_effort(self.classifier, self.solver)


@dataclass(eq=False)
class PendingRequest:
    """The beats of one request, and what was decided on them so far. Times are those of `time.monotonic`."""

    beats: Float32[np.ndarray, "beat length"]
    deadline: float
    least_confidence: float
    """What it takes not to abstain."""
    answer: "asyncio.Future[Decisions]"
    since: float = field(default_factory=time.monotonic)
    client: str = ""
    """Who asks: requests of one client take turns among themselves, and clients with each other."""
    bill: Bill | None = None
    """Who pays; it is settled once nothing of the request is being solved."""
    taken: int = 0
    """Beats that are being solved, or have been."""
    being_solved: int = 0
    """Pieces of it."""
    parts: dict[int, Decisions] = field(default_factory=dict)
    """By the place of their first beat."""

    def settle(self) -> None:
        """Close the bill, once there is an answer and nothing is being solved for it any more."""
        if self.bill is not None and self.answer.done() and not self.being_solved:
            self.bill.close()
            self.bill = None

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
        return self.request.beats[self.start : self.stop]

    @property
    def expected(self) -> bool:
        """Whether anybody waits for what comes of it."""
        return not self.request.answer.done()


def broken_off(decisions: Decisions) -> bool:
    """Whether a solve had not ended at its deadline: such decisions are no answer, and what they cost is paid."""
    return decisions.receipts is not None and bool((decisions.receipts.status == Status.DEADLINE).any())


@dataclass(frozen=True)
class SolvedBatch:
    """Pieces that were solved together, and what came of each. Times are those of `time.monotonic`."""

    key: BatchKey
    pieces: Sequence[Piece]
    parts: Sequence[Decisions | Exception]
    started: float
    ended: float
