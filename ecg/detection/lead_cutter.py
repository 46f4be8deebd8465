"""A lead cutter: cuts beats from one lead, as its signal comes, and judges what was recorded of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32, Float64

from ecg.detection.resemblance import REACH, Resemblance, Shape
from ecg.signal.gaps import Gaps
from ecg.signal.hum import HumFilter
from ecg.signal.quality import Quality, judge_signal
from ecg.signal.resampling import BEAT_FS, Resampler
from ecg.signal.tail import Tail

BEFORE, AFTER = (round(seconds * BEAT_FS) for seconds in REACH)

LEAST_CROP = 0.36
"""Seconds that are needed of a beat, where the recording ends within it."""


@dataclass(frozen=True)
class Peak:
    """An R peak, or a wave of what looks like flutter, by its sample in the signal."""

    sample: int
    flutter: bool


@dataclass(frozen=True)
class Cut:
    """A beat as it was cut; `shape` is what resemblance saw of it, None where part of it was not recorded."""

    crop: Float32[np.ndarray, "sample"]
    quality: Quality
    shape: Shape | None

    def noisy(self) -> "Cut":
        """The same, where it turned out to be no beat of this heart."""
        return replace(self, quality="noisy") if self.quality == "good" else self


class LeadCutter:
    """Keeps the signal of a lead at 125 Hz, as far back as beats may still be cut from it."""

    def __init__(self, fs: float) -> None:
        self.fs = fs
        self.gaps = Gaps(fs)
        self.resemblance = Resemblance()
        self._resampler = Resampler(fs)
        self._hum = HumFilter()
        self._signal = Tail(np.zeros(0, np.float32))
        self._upcoming = self._signal

    @property
    def stop(self) -> int:
        """The sample at 125 Hz that is not yet certain."""
        return self._signal.stop

    def push(self, signal: Float[np.ndarray, "sample"], filled: Float64[np.ndarray, "sample"]) -> None:
        """The next piece, in mV, as it came and with its gaps filled."""
        self.gaps.push(signal)
        self._signal = self._signal.followed_by(self._hum.push(self._resampler.push(filled)))
        self._upcoming = self._signal

    def look_ahead(self) -> int:
        """Take what would come next if the signal stayed at its last value; the sample where that ends."""
        self._upcoming = self._signal.followed_by(self._hum.peek(self._resampler.peek()))
        return self._upcoming.stop

    def finish(self) -> None:
        """Nothing more comes."""
        self._signal = self._signal.followed_by(self._hum.push(self._resampler.finish()))
        self._upcoming = self._signal

    def forget(self, before: int) -> None:
        """Drop the signal before a sample at 125 Hz."""
        self._signal = self._signal.since(before - BEFORE)
        self._upcoming = self._signal

    def cut(self, peak: Peak, start: int, length: int) -> Cut:
        """The beat whose R peak lies at the sample `start` at 125 Hz, so many samples long."""
        crop = self._upcoming.between(start, start + length)
        quality = self._judge(peak, crop, length)
        if quality == "gap":
            return Cut(crop, quality, None)
        cut = Cut(crop, quality, self.observe(start))
        return cut if not self.resemblance.seen or self.resemblance.accepts else cut.noisy()

    def observe(self, start: int) -> Shape:
        """Look at the beat whose R peak lies at the sample `start` at 125 Hz, without cutting it."""
        first, last = start - BEFORE, start + AFTER
        around = self._upcoming.between(first, last)
        if len(around) < last - first:
            around = np.pad(around, (max(self._upcoming.start - first, 0), max(last - self._upcoming.stop, 0)), "edge")
        return self.resemblance.push(around)

    def judged_again(self, held: Sequence[Cut]) -> list[Cut]:
        """Beats from before it was known what this heart's beats look like."""
        accepted = self.resemblance.accepted([cut.shape for cut in held])
        return [cut if there else cut.noisy() for cut, there in zip(held, accepted, strict=True)]

    def _judge(self, peak: Peak, crop: Float32[np.ndarray, "sample"], length: int) -> Quality:
        if self.gaps.touch(peak.sample, peak.sample + length * self.fs / BEAT_FS):
            return "gap"
        if len(crop) < min(length, LEAST_CROP * BEAT_FS):
            return "cut_off"
        if peak.flutter:
            return "flutter"
        return judge_signal(crop, BEAT_FS)
