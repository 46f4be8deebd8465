"""A decider that asks the batcher's workers: for threads, which wait for the answer.

What works on recordings and live signals, and what explains, decides beat by beat or by the hundred. Solved where it is
asked, that would take turns with the event loop; here it takes turns with what others ask, and beats of many live
signals are solved together.
"""

import math
import time

import anyio.from_thread

from app.batching.batch import BatchKey, Urgency
from app.batching.batcher import ENOUGH, Batcher
from ecg import BeatsInContext
from models import Beats, Decisions, Plan


class BatchedDecider:
    """Decides by a plan, in a thread that was begun by `anyio.to_thread`; it is a `models.Decide`.

    `until` is the last moment at which an answer is of use, by `time.monotonic`.
    """

    def __init__(self, batcher: Batcher, urgency: Urgency, until: float = math.inf) -> None:
        self.batcher = batcher
        self.urgency = urgency
        self.until = until

    def __call__(self, plan: Plan, beats: Beats) -> Decisions:
        """The decisions on beats that were checked. Raises what `Batcher.decide` raises."""
        values = beats.values if isinstance(beats, BeatsInContext) else beats
        # More than are solved at once are many, whoever asks: others need not wait for all of them.
        urgency = self.urgency if len(values) <= ENOUGH else "bulk"
        key, seconds = BatchKey.of(plan, urgency), self.until - time.monotonic()
        return anyio.from_thread.run(self.batcher.decide, key, values, plan.least_confidence, seconds)
