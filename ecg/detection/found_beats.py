"""Found beats: the beats of a signal, with what is known of each before it is classified."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from ecg.beats import BEAT_LENGTH
from ecg.signal.quality import Quality


@dataclass(frozen=True)
class FoundBeats:
    """Beats that were found in a signal, in order of time.

    `peaks` are the R peaks, in samples since the beginning, at the signal's own rate. Only those of `good` quality have
    `values` that can be judged. Where `broken`, the time since the beat before is no R-R interval. Where `second`, the
    beat was cut from the second lead, since the first fails there.
    """

    values: Float32[np.ndarray, "beat 187"]
    peaks: Int64[np.ndarray, "beat"]
    quality: tuple[Quality, ...]
    broken: Bool[np.ndarray, "beat"]
    second: Bool[np.ndarray, "beat"]

    def __len__(self) -> int:
        return len(self.peaks)

    @property
    def good(self) -> Bool[np.ndarray, "beat"]:
        """Which can be judged."""
        return np.array([quality == "good" for quality in self.quality], dtype=np.bool_)

    def pieces(self, size: int) -> list["FoundBeats"]:
        """The same beats, so many at once; one piece, empty, for none."""
        slices = [slice(start, start + size) for start in range(0, max(len(self), 1), size)]
        return [self.select(piece) for piece in slices]

    def select(self, which: slice) -> "FoundBeats":
        """Some of them, that follow each other."""
        return FoundBeats(
            self.values[which], self.peaks[which], self.quality[which], self.broken[which], self.second[which]
        )

    @classmethod
    def joined(cls, parts: Sequence["FoundBeats"]) -> "FoundBeats":
        """The beats of all parts, in their order."""
        return cls(
            values=np.concatenate([np.zeros((0, BEAT_LENGTH), np.float32), *(part.values for part in parts)]),
            peaks=np.concatenate([np.zeros(0, np.int64), *(part.peaks for part in parts)]),
            quality=tuple(quality for part in parts for quality in part.quality),
            broken=np.concatenate([np.zeros(0, np.bool_), *(part.broken for part in parts)]),
            second=np.concatenate([np.zeros(0, np.bool_), *(part.second for part in parts)]),
        )
