"""Experience: what batches took lately, by which it is known what the next will take."""

import math
from collections import OrderedDict
from collections.abc import Sequence

from app.batching.batch import BatchKey, Piece, broken_off
from models import Decisions, Solver

MOST_SETTINGS = 1024
"""Of which it is remembered what a beat took."""


class Experience:
    """That of some workers; batches of `enough` beats show how fast many are solved, and fewer do not."""

    def __init__(self, workers: int, enough: int) -> None:
        self.workers = workers
        self.enough = enough
        self.pace = 0.0
        """Beats a second that all workers solved together lately; 0 while nobody knows."""
        self._efforts: OrderedDict[tuple[str, Solver | None], float] = OrderedDict()
        """What a beat took lately by each of the settings that were asked for last, by the classifier's sha256."""
        self._quickest: dict[str, float] = {}
        """Seconds that the quickest batch of each model took."""

    def effort(self, key: BatchKey) -> float:
        """About what a beat takes: as much as by the same settings lately, or as such settings do."""
        known = self._efforts.get((key.classifier.identity.sha256, key.solver))
        return key.effort if known is None else known

    def quickest(self, key: BatchKey) -> float:
        """Seconds that a batch of a key takes at least."""
        return self._quickest.get(key.classifier.identity.sha256, 0.0)

    def learn(
        self, key: BatchKey, pieces: Sequence[Piece], parts: Sequence[Decisions | Exception], seconds: float
    ) -> None:
        """A batch has been solved, in so many seconds."""
        beats = sum(len(piece.beats) for piece in pieces)
        if key.urgency == "prompt" and beats >= self.enough:
            pace = self.workers * beats / max(seconds, 1e-6)
            self.pace += (0.2 if self.pace else 1) * (pace - self.pace)
        quickest = self._quickest.get(key.classifier.identity.sha256, math.inf)
        self._quickest[key.classifier.identity.sha256] = min(quickest, seconds)
        self._learn_effort(key, parts)

    def _learn_effort(self, key: BatchKey, parts: Sequence[Decisions | Exception]) -> None:
        """As many as the dearest of the batch took; of what was broken off, not less than was known."""
        solved = [part for part in parts if isinstance(part, Decisions) and len(part)]
        spent = float(max((key.spent_on(part).max() for part in solved), default=0))
        if any(map(broken_off, solved)):
            spent = max(spent, self.effort(key))
        if not spent:
            return
        settings = (key.classifier.identity.sha256, key.solver)
        self._efforts[settings] = spent
        self._efforts.move_to_end(settings)
        while len(self._efforts) > MOST_SETTINGS:
            self._efforts.popitem(last=False)
