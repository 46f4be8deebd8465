"""Resemblance: whether what looks like beats looks alike, as beats of one heart do and noise does not.

Each beat is held against those before it, by the correlation of the signal around their peaks. The best one counts, so
a beat of another form needs only one like it nearby. The median over many beats then tells an ECG from noise; only
electrode motion, which repeats itself too, can still pass for one.
"""

import math
import statistics
from collections import deque

import numpy as np
from jaxtyping import Float32

BEFORE, AFTER = 0.1, 0.4
"""Seconds around the peak that are compared."""

COMPARED = 12
"""Beats that each is held against."""

MEDIAN_OF = 32

LOST, GAINED = 0.75, 0.85
"""Of the median: below the one there is no ECG to be seen any more, from the other on there is one again."""

FIRST = 5
"""Beats that are needed to see an ECG; to be sure that there is none takes all that the median is of."""


class Resemblance:
    """Follows how much the beats of a signal look like each other.

    `verdict` says whether they are those of an ECG; None while there are too few to tell.
    """

    def __init__(self) -> None:
        self.verdict: bool | None = None
        self._shapes: Float32[np.ndarray, "shape sample"] | None = None
        """Those of the last beats, the next in place of the oldest."""
        self._seen = 0
        self._best: deque[float] = deque(maxlen=MEDIAN_OF)

    def push(self, around: Float32[np.ndarray, "sample"]) -> None:
        """Look at the next beat, by the signal around its peak."""
        shape = around - around.mean()
        shape /= max(math.sqrt(float(shape @ shape)), 1e-9)
        if self._shapes is None:
            self._shapes = np.zeros((COMPARED, len(shape)), np.float32)
        if self._seen:
            best = float((self._shapes @ shape)[: self._seen].max())
            self._best.append(best)
            if self._seen == 1:
                self._best.append(best)  # the first beat is as much like the second as that is like it
        self._shapes[self._seen % COMPARED] = shape
        self._seen += 1
        median = statistics.median(self._best) if len(self._best) >= FIRST else 0.0
        if median >= (LOST if self.verdict else GAINED):
            self.verdict = True
        elif self.verdict or len(self._best) == MEDIAN_OF:
            self.verdict = False

    def finish(self) -> None:
        """Nothing more comes: say it of the beats that there were."""
        if self.verdict is None and self._best:
            self.verdict = statistics.median(self._best) >= LOST
