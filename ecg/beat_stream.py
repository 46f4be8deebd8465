"""From signals to beats, as the signals come: a whole recording or a live one, the same way.

signals -> gaps filled -> R peaks, and the chosen lead at 125 Hz -> crops -> beats with their quality
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int64

from ecg.beats import BEAT_LENGTH, RR_SHARE, scale
from ecg.gaps import GapFiller, GapList
from ecg.peaks import HISTORY, PeakDetector, Peaks
from ecg.quality import Quality, judge_signal
from ecg.resampling import BEAT_FS, Resampler


@dataclass(frozen=True)
class FoundBeats:
    """Beats that were found in a signal, in order of time.

    `peaks` are the R peaks, in samples since the beginning, at the signal's own rate. Only those of `good` quality have
    `values` that can be judged.
    """

    values: Float32[np.ndarray, "beat 187"]
    peaks: Int64[np.ndarray, "beat"]
    quality: tuple[Quality, ...]

    def __len__(self) -> int:
        return len(self.peaks)


class _Peak(NamedTuple):
    sample: int
    flutter: bool


class BeatStream:
    """Finds and cuts the beats of one recording, whose signals it is given piece by piece.

    `lead` is the one that beats are cut from; peaks are looked for in all.
    """

    def __init__(self, leads: int, fs: float, lead: int = 0) -> None:
        self.fs = fs
        self.lead = lead
        self._gaps = GapFiller(leads)
        self._detector = PeakDetector(leads, fs, lead)
        self._resampler = Resampler(fs)
        self._signal = np.zeros(0, np.float32)
        """The lead at 125 Hz, as far back as beats may still be cut from it."""
        self._signal_from = 0
        self._gaps_of_lead = GapList()
        self._waiting: list[_Peak] = []
        """Peaks whose beats are not yet cut."""
        self._usual_length = BEAT_LENGTH
        """Of the beat before: the last beat, which no peak follows, is cut as long."""

    def push(self, signals: Float[np.ndarray, "lead sample"]) -> FoundBeats:
        """The beats that this piece made certain. The signals are in mV; NaN and infinity are gaps."""
        self._gaps_of_lead.push(~np.isfinite(signals[self.lead]))
        filled = self._gaps.fill(signals)
        self._wait_for(self._detector.push(filled))
        self._signal = np.concatenate((self._signal, self._resampler.push(filled[self.lead])))
        return self._cut(last=False)

    def finish(self) -> FoundBeats:
        """The beats that were left, now that nothing more comes."""
        self._wait_for(self._detector.finish())
        self._signal = np.concatenate((self._signal, self._resampler.finish()))
        return self._cut(last=True)

    def _wait_for(self, peaks: Peaks) -> None:
        self._waiting += map(_Peak, peaks.samples.tolist(), peaks.flutter.tolist())

    def _cut(self, last: bool) -> FoundBeats:
        cut: list[tuple[_Peak, Float32[np.ndarray, "sample"], Quality]] = []
        available = self._signal_from + len(self._signal)
        followed = zip(self._waiting, [*self._waiting[1:], None], strict=False)
        for peak, following in followed:
            start = self._position(peak)
            length = self._length(start, following, available, last)
            if length is None or (not last and start + length > available):
                break
            crop = self._signal[start - self._signal_from : start + length - self._signal_from]
            cut.append((peak, crop, self._judge(peak, crop, length)))
            self._usual_length = length
        del self._waiting[: len(cut)]
        self._forget(available)
        values = np.zeros((len(cut), BEAT_LENGTH), np.float32)
        for beat, (_, crop, _) in zip(values, cut, strict=True):
            beat[: len(crop)] = scale(crop)
        samples = np.array([peak.sample for peak, _, _ in cut], dtype=np.int64)
        return FoundBeats(values, samples, tuple(quality for _, _, quality in cut))

    def _position(self, peak: _Peak) -> int:
        return round(peak.sample * BEAT_FS / self.fs)

    def _length(self, start: int, following: _Peak | None, available: int, last: bool) -> int | None:
        """None where it depends on a peak that may still come."""
        if following is not None:
            return min(round((self._position(following) - start) * RR_SHARE), BEAT_LENGTH)
        if available - start > HISTORY * BEAT_FS:
            return BEAT_LENGTH  # whenever the next peak comes; not to wait for it keeps memory bounded
        return self._usual_length if last else None

    def _judge(self, peak: _Peak, crop: Float32[np.ndarray, "sample"], length: int) -> Quality:
        if self._gaps_of_lead.touch(peak.sample, peak.sample + length * self.fs / BEAT_FS):
            return "gap"
        if len(crop) < length:
            return "cut_off"
        if peak.flutter:
            return "flutter"
        return judge_signal(crop, BEAT_FS)

    def _forget(self, available: int) -> None:
        oldest = self._position(self._waiting[0]) if self._waiting else available
        surplus = min(oldest, available - round(HISTORY * BEAT_FS)) - self._signal_from
        if surplus > round(HISTORY * BEAT_FS):
            self._signal = self._signal[surplus:]
            self._signal_from += surplus
            self._gaps_of_lead.forget(self._signal_from * self.fs / BEAT_FS)
