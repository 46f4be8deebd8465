"""Resemblance: whether what looks like beats could be the beats of one heart, and not noise or some other wave.

Beats of one heart look alike. Each is held against those before it, by the correlation of the signal around their
peaks; the best one counts, so a beat of another form needs only one like it nearby. And beats are steep for a moment
and flat for the rest, as no even wave is. The medians over many beats tell an ECG from anything else; only electrode
motion, which repeats itself too, can still pass for one.
"""

import math
import statistics
from collections import deque

import numpy as np
from jaxtyping import Float32, Float64

BEFORE, AFTER = 0.1, 0.4
"""Seconds around the peak that are compared."""

COMPARED = 12
"""Beats that each is held against."""

MEDIAN_OF = 32

LOST, GAINED = 0.75, 0.85
"""Of the median correlation: below the one there is no ECG to be seen any more, from the other on there is again."""

STEEP_SHARE = 0.15
"""The steepest part of a beat: about as long as a QRS complex."""
STEEP_LOST, STEEP_GAINED = 0.6, 0.65
"""Of the median of how much of the signal's movement is in that part."""

FIRST = 5
"""Beats that are needed to see an ECG; to be sure that there is none takes all that the median is of."""


class Resemblance:
    """Follows how much the beats of a signal look like each other.

    `verdict` says whether they are those of an ECG; None while there are too few to tell.
    """

    def __init__(self) -> None:
        self.verdict: bool | None = None
        self._shapes: Float64[np.ndarray, "shape sample"] | None = None
        """Those of the last beats, the next in place of the oldest."""
        self._seen = 0
        self._best: deque[float] = deque(maxlen=MEDIAN_OF)
        self._steep: deque[float] = deque(maxlen=MEDIAN_OF)

    def push(self, around: Float32[np.ndarray, "sample"]) -> None:
        """Look at the next beat, by the signal around its peak."""
        around = around.astype(np.float64)  # whose squares do not overflow, whatever the signal is
        shape = around - around.mean()
        shape /= max(math.sqrt(float(shape @ shape)), 1e-9)
        if self._shapes is None:
            self._shapes = np.zeros((COMPARED, len(shape)))
        if self._seen:
            best = float((self._shapes @ shape)[: self._seen].max())
            self._best.append(best)
            if self._seen == 1:
                self._best.append(best)  # the first beat is as much like the second as that is like it
        self._shapes[self._seen % COMPARED] = shape
        self._seen += 1
        self._steep.append(_steepness(around))
        if len(self._best) >= FIRST and self._looks_like_one(already=bool(self.verdict)):
            self.verdict = True
        elif self.verdict or len(self._best) == MEDIAN_OF:
            self.verdict = False

    def finish(self) -> None:
        """Nothing more comes: say it of the beats that there were."""
        if self.verdict is None and self._best:
            self.verdict = self._looks_like_one(already=True)

    def _looks_like_one(self, already: bool) -> bool:
        alike, steep = statistics.median(self._best), statistics.median(self._steep)
        return alike >= (LOST if already else GAINED) and steep >= (STEEP_LOST if already else STEEP_GAINED)


def _steepness(around: Float64[np.ndarray, "sample"]) -> float:
    """How much of the movement, as squared differences, is in the steepest part."""
    movement = np.diff(around) ** 2
    total = float(movement.sum())
    rest = round((1 - STEEP_SHARE) * len(movement))
    return float(np.partition(movement, rest)[rest:].sum()) / total if total else 0.0
