"""A decider that asks the batcher's workers: for threads, which wait for the answer.

What works on recordings and live signals, and what explains, decides beat by beat or by the hundred. Solved where it is
asked, that would take turns with the event loop; here it takes turns with what others ask, and beats of many live
signals are solved together.
"""

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import anyio.from_thread
import numpy as np
from jaxtyping import Float32

from app.batching.batch import BatchKey, Urgency
from app.batching.batcher import ENOUGH, Batcher
from app.errors import TooLate
from app.http.presence import ClientLeft, give_up
from app.keys.bill import Bill
from ecg import BeatsInContext
from models import Beats, Decisions, Plan

Piece = TypeVar("Piece")


@dataclass(frozen=True)
class TimeLimit:
    """How long the work for a request may take: so many seconds from when it began, by `time.monotonic`."""

    began: float
    seconds: float
    error: Callable[[float], TooLate] = TooLate
    """What is raised then, of the seconds."""

    @property
    def left(self) -> float:
        """Seconds until it is over."""
        return self.began + self.seconds - time.monotonic()

    def check(self) -> None:
        """Raises TooLate, or what the limit raises in its place."""
        if self.left <= 0:
            raise self.error(self.seconds)


UNLIMITED = TimeLimit(0.0, math.inf)


class BatchedDecider:
    """Decides by a plan, in a thread that was begun by `anyio.to_thread`; it is a `models.Decide`.

    An answer is of use within the `limit` alone. `client` takes the turns, and `bill` is what is solved put on.
    """

    def __init__(
        self,
        batcher: Batcher,
        urgency: Urgency,
        limit: TimeLimit = UNLIMITED,
        client: str = "",
        bill: Bill | None = None,
    ) -> None:
        self.batcher = batcher
        self.urgency = urgency
        self.limit = limit
        self.client = client
        self.bill = bill
        self._left = False
        self._answer: asyncio.Future[Decisions] | None = None

    def __call__(self, plan: Plan, beats: Beats) -> Decisions:
        """The decisions on beats that were checked. Raises ClientLeft, and what `Batcher.decide` raises."""
        values = beats.values if isinstance(beats, BeatsInContext) else beats
        # More than are solved at once are many, whoever asks: others need not wait for all of them.
        urgency = self.urgency if len(values) <= ENOUGH else "bulk"
        return anyio.from_thread.run(self._decide, BatchKey.of(plan, urgency), values, plan.least_confidence)

    def leave(self) -> None:
        """Nobody waits for what is asked any more: to be called where the event loop runs."""
        self._left = True
        if self._answer is not None:
            give_up(self._answer)

    def check(self) -> None:
        """Raises ClientLeft once nobody waits any more, and TooLate once the time is over."""
        if self._left:
            raise ClientLeft
        self.limit.check()

    def while_wanted(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """The pieces of other work, while somebody waits for what comes of it. Raises what `check` raises."""
        for piece in pieces:
            self.check()
            yield piece

    async def _decide(
        self, key: BatchKey, values: Float32[np.ndarray, "beat length"], least_confidence: float
    ) -> Decisions:
        self.check()
        seconds = self.limit.left
        answer = self._answer = self.batcher.submit(key, values, least_confidence, seconds, self.client, self.bill)
        try:
            return await answer
        except TooLate as error:
            if type(error) is not TooLate:
                raise
            raise self.limit.error(self.limit.seconds) from None
        finally:
            answer.cancel()
