"""Batches: beats of different requests that are solved together, and what each of those requests has asked."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float32

from app.registry.models import ServedModel
from models import Decisions, Solver

Urgency = Literal["prompt", "bulk", "spare"]
"""prompt: of requests, which are answered soon or refused, and of live signals. bulk: of recordings and explanations,
each a part of much: one worker at a time solves them, and few at once where no other is free, so that prompt ones do
not wait for long. spare: of shadows, whom nobody waits for: they are solved while there are no others."""


@dataclass(frozen=True)
class Way:
    """What beats must have in common to be solved together."""

    model: ServedModel
    solver: Solver | None
    urgency: Urgency = "prompt"
    in_context: bool = False
    """Whether they are the `values` of `ecg.BeatsInContext`, or of beats by themselves."""


@dataclass(eq=False)
class Asked:
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

    asked: Asked
    start: int
    stop: int

    @property
    def beats(self) -> Float32[np.ndarray, "beat length"]:
        """They themselves."""
        return self.asked.beats[self.start : self.stop]


@dataclass(frozen=True)
class SolvedBatch:
    """Pieces that were solved together, and what came of each. Times are those of `time.monotonic`."""

    way: Way
    pieces: Sequence[Piece]
    parts: Sequence[Decisions | Exception]
    started: float
    ended: float
