"""A classifier that the batcher asks its workers for: for threads, which wait for the answer.

What works on recordings and live signals, and what explains, asks a classifier beat by beat or by the hundred. Solved
where it is asked, that would take turns with the event loop; here it takes turns with what others ask, and beats of
many live signals are solved together.
"""

import math
import time

import anyio.from_thread
import numpy as np
from jaxtyping import Float

from app.batching.batch import Urgency, Way
from app.batching.batcher import ENOUGH, Batcher
from app.registry.models import ServedModel
from ecg import BeatsInContext, check_beats
from models import Decisions, Solver
from models.checkpoint.abstention import ALL


class BatchedClassifier:
    """The classifier of a model. `until` is the last moment at which an answer is of use, by `time.monotonic`."""

    def __init__(self, model: ServedModel, batcher: Batcher, urgency: Urgency, until: float = math.inf) -> None:
        self.model = model
        self.batcher = batcher
        self.urgency = urgency
        self.until = until

    @property
    def in_context(self) -> bool:
        """As the classifier itself."""
        return self.model.classifier.in_context

    def classify(
        self, beats: Float[np.ndarray, "..."] | BeatsInContext, solver: Solver | None = None, coverage: float = ALL
    ) -> Decisions:
        """What it says, in a thread that was begun by `anyio.to_thread`.

        Raises what `Classifier.classify` and `Batcher.decide` raise.
        """
        in_context = isinstance(beats, BeatsInContext)
        values = beats.values if isinstance(beats, BeatsInContext) else check_beats(beats)
        # More than are solved at once are many, whoever asks: others need not wait for all of them.
        urgency = self.urgency if len(values) <= ENOUGH else "bulk"
        way = Way(self.model, solver or self.model.classifier.solver, urgency, in_context)
        seconds = self.until - time.monotonic()
        return anyio.from_thread.run(self.batcher.decide, way, values, coverage, seconds)
