"""From signals to beats, as the signals come: a whole recording or a live one, the same way.

signals -> gaps filled -> R peaks, and the chosen lead at 125 Hz -> crops -> beats with their quality
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from ecg.beats import BEAT_LENGTH, RR_SHARE, scale
from ecg.detection.peaks import HISTORY, PeakDetector, Peaks
from ecg.detection.resemblance import REACH, Resemblance, Shape
from ecg.errors import InvalidSignals
from ecg.signal.gaps import GapFiller, Gaps
from ecg.signal.quality import Quality, judge_signal
from ecg.signal.resampling import BEAT_FS, Resampler
from ecg.signal.tail import Tail
from ecg.source import check_layout

FEWEST = 3
"""Beats that can be judged: with fewer there is nothing to say of a recording."""

LEAST_CROP = 0.36
"""Seconds that are needed of a beat, where the recording ends within it."""

RECENT = 32
"""Beats among which so few have to be good before the first is handed out."""

KEPT = 4096
"""Beats that can still be judged once there is an ECG; those before them are noise."""


@dataclass(frozen=True)
class FoundBeats:
    """Beats that were found in a signal, in order of time.

    `peaks` are the R peaks, in samples since the beginning, at the signal's own rate. Only those of `good` quality have
    `values` that can be judged. Where `broken`, the time since the beat before is no R-R interval.
    """

    values: Float32[np.ndarray, "beat 187"]
    peaks: Int64[np.ndarray, "beat"]
    quality: tuple[Quality, ...]
    broken: Bool[np.ndarray, "beat"]

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
        return FoundBeats(self.values[which], self.peaks[which], self.quality[which], self.broken[which])

    @classmethod
    def joined(cls, parts: Sequence["FoundBeats"]) -> "FoundBeats":
        """The beats of all parts, in their order."""
        return cls(
            values=np.concatenate([np.zeros((0, BEAT_LENGTH), np.float32), *(part.values for part in parts)]),
            peaks=np.concatenate([np.zeros(0, np.int64), *(part.peaks for part in parts)]),
            quality=tuple(quality for part in parts for quality in part.quality),
            broken=np.concatenate([np.zeros(0, np.bool_), *(part.broken for part in parts)]),
        )


class _Peak(NamedTuple):
    sample: int
    flutter: bool


@dataclass(frozen=True)
class _Cut:
    """A beat as it was cut."""

    sample: int
    crop: Float32[np.ndarray, "sample"]
    quality: Quality
    broken: bool
    shape: Shape | None = None
    """None where part of it was not recorded."""


class BeatStream:
    """Finds and cuts the beats of one recording, whose signals it is given piece by piece.

    `lead` is the one that beats are cut from; peaks are looked for in all. Where the beats do not look like those of an
    ECG, or fewer than 3 can be judged, none is handed out, and after `finish` the `reason` is there.

    A `live` stream does not wait until the next peak is certain: a beat is handed out as soon as 1.2 intervals to where
    that seems to be have been recorded. Raises InvalidSignals for a rate, leads or a piece that cannot be worked with.
    """

    def __init__(self, leads: int, fs: float, lead: int = 0, *, live: bool = False) -> None:
        check_layout(fs, leads)
        if not 0 <= lead < leads:
            raise InvalidSignals(f"got lead {lead} of {leads}, expected 0 to {leads - 1}")
        self.fs = fs
        self.leads = leads
        self.lead = lead
        self.live = live
        self.reason: str | None = None
        self._gaps = GapFiller(leads)
        self._detector = PeakDetector(leads, fs, lead)
        self._resampler = Resampler(fs)
        self._signal = Tail(np.zeros(0, np.float32))
        """The lead at 125 Hz, as far back as beats may still be cut from it."""
        self._seen = 0
        self._gaps_of_lead = Gaps(fs)
        self._waiting: list[_Peak] = []
        """Peaks whose beats are not yet cut."""
        self._before: _Cut | None = None
        """The beat before those."""
        self._usual_length = BEAT_LENGTH
        """Of the beat before: the last beat, which no peak follows, is cut as long."""
        self._resemblance = Resemblance()
        self._held: list[_Cut] | None = []
        """Beats that were cut before it was certain that this is an ECG; None from then on."""

    def push(self, signals: Float[np.ndarray, "lead sample"]) -> FoundBeats:
        """The beats that this piece made certain. The signals are in mV; NaN and infinity are gaps."""
        if len(signals) != self.leads:
            raise InvalidSignals(f"got {len(signals)} signals, expected {self.leads}, as at the beginning")
        self._seen += signals.shape[1]
        self._gaps_of_lead.push(signals[self.lead])
        filled = self._gaps.fill(signals)
        self._wait_for(self._detector.push(filled))
        self._signal = self._signal.followed_by(self._resampler.push(filled[self.lead]))
        return self._cut(last=False)

    def finish(self) -> FoundBeats:
        """The beats that were left, now that nothing more comes."""
        self._wait_for(self._detector.finish())
        self._signal = self._signal.followed_by(self._resampler.finish())
        return self._cut(last=True)

    @property
    def next_peak(self) -> int | None:
        """Where the R peak after the last beat that was cut seems to be, in samples; None for no sign of one."""
        return self._waiting[0].sample if self._waiting else self._detector.next_sample

    @property
    def alike(self) -> float:
        """How much its last beats look alike, 0 to 1."""
        return self._resemblance.alike

    def _wait_for(self, peaks: Peaks) -> None:
        self._waiting += map(_Peak, peaks.samples.tolist(), peaks.flutter.tolist())

    def _cut(self, last: bool) -> FoundBeats:
        signal, following = self._signal, [peak.sample for peak in self._waiting[1:]]
        if self.live and not last and self._waiting:
            signal = signal.followed_by(self._resampler.peek())
            next_sample = self._detector.next_sample
            following += [] if next_sample is None else [next_sample]
        cut: list[_Cut] = []
        for number, peak in enumerate(self._waiting):
            start = self._position(peak.sample)
            length = self._length(start, following[number] if number < len(following) else None, signal.stop, last)
            if length is None or (not last and start + length > signal.stop):
                break
            beat = self._crop(signal, peak, start, length)
            cut.append(beat)
            self._before, self._usual_length = beat, length
        del self._waiting[: len(cut)]
        self._forget(signal.stop)
        return _found(self._release(cut, last))

    def _position(self, sample: int) -> int:
        return round(sample * BEAT_FS / self.fs)

    def _length(self, start: int, following: int | None, available: int, last: bool) -> int | None:
        """None where it depends on a peak that may still come."""
        if following is not None:
            return min(round((self._position(following) - start) * RR_SHARE), BEAT_LENGTH)
        if self.live and available >= start + BEAT_LENGTH:
            return BEAT_LENGTH  # a peak that comes now can only make it shorter by being searched for, late
        if available - start > HISTORY * BEAT_FS:
            return BEAT_LENGTH  # whenever the next peak comes; not to wait for it keeps memory bounded
        return self._usual_length if last else None

    def _crop(self, signal: Tail, peak: _Peak, start: int, length: int) -> _Cut:
        crop = signal.between(start, start + length)
        quality = self._judge(peak, crop, length)
        shape = None
        if quality != "gap":
            before, after = (round(seconds * BEAT_FS) for seconds in REACH)
            around = np.clip(np.arange(start - before, start + after), signal.start, signal.stop - 1)
            shape = self._resemblance.push(signal.values[around - signal.start])
        if quality == "good" and self._resemblance.seen and not self._resemblance.accepts(shape):
            quality = "noisy"
        return _Cut(peak.sample, crop, quality, self._is_broken(peak, quality), shape)

    def _is_broken(self, peak: _Peak, quality: Quality) -> bool:
        before = self._before
        return (
            before is None
            or "flutter" in (before.quality, quality)
            or "noisy" in (before.quality, quality)
            or self._gaps_of_lead.touch(before.sample, peak.sample)
        )

    def _judge(self, peak: _Peak, crop: Float32[np.ndarray, "sample"], length: int) -> Quality:
        if self._gaps_of_lead.touch(peak.sample, peak.sample + length * self.fs / BEAT_FS):
            return "gap"
        if len(crop) < min(length, LEAST_CROP * BEAT_FS):
            return "cut_off"
        if peak.flutter:
            return "flutter"
        return judge_signal(crop, BEAT_FS)

    def _release(self, cut: list[_Cut], last: bool) -> list[_Cut]:
        """Those that may be handed out: none before it is certain that this is an ECG, then all that were held."""
        if self._held is None:
            return cut
        self._held += cut
        if last:
            self._resemblance.finish()
        if not self._resemblance.seen:
            # those long ago without their crops, so that hours of noise do not fill the memory
            past = len(self._held) - KEPT
            self._held = [
                replace(beat, quality=_noisy_if_good(beat.quality), crop=beat.crop[:0], shape=None) if n < past and len(beat.crop) else beat
                for n, beat in enumerate(self._held)
            ]
        if self._resemblance.seen:
            released = self._rejudged(self._held)
            if sum(beat.quality == "good" for beat in released[-RECENT:]) >= FEWEST:
                self._held = None
                return released
        if last:
            self.reason = self._why()
        return []

    def _rejudged(self, held: list[_Cut]) -> list[_Cut]:
        """Beats from before it was known what this heart's beats look like."""
        accepted = self._resemblance.accepted([beat.shape for beat in held])
        return [
            beat if there else replace(beat, quality=_noisy_if_good(beat.quality))
            for beat, there in zip(held, accepted, strict=True)
        ]

    def _why(self) -> str:
        """Why nothing is said of what was found."""
        qualities = Counter(beat.quality for beat in self._held or [])
        if not self._seen:
            return "the recording has no samples"
        if self._gaps_of_lead.samples >= 0.9 * self._seen:
            return "the lead is flat or was not recorded: at least nine tenths of it are gaps or one value"
        if qualities.total() < 2 * FEWEST:
            return f"fewer than {FEWEST} beats can be judged: {qualities['good']} of {qualities.total()} found"
        told = ", ".join(f"{count} {quality.replace('_', ' ')}" for quality, count in qualities.most_common())
        return f"nothing in it looks like an ECG: of {qualities.total()} places that might be beats, {told}"

    def _forget(self, available: int) -> None:
        oldest = self._position(self._waiting[0].sample) if self._waiting else available
        needed = min(oldest, available - round(HISTORY * BEAT_FS)) - round(BEAT_FS * REACH[0])
        self._signal = self._signal.since(needed)
        before = self._before.sample if self._before else 0
        self._gaps_of_lead.forget(min(self._signal.start * self.fs / BEAT_FS, before))


def _noisy_if_good(quality: Quality) -> Quality:
    return "noisy" if quality == "good" else quality


def _found(cut: Iterable[_Cut]) -> FoundBeats:
    beats = list(cut)
    values = np.zeros((len(beats), BEAT_LENGTH), np.float32)
    for row, beat in zip(values, beats, strict=True):
        row[: len(beat.crop)] = scale(beat.crop)
    return FoundBeats(
        values=values,
        peaks=np.array([beat.sample for beat in beats], dtype=np.int64),
        quality=tuple(beat.quality for beat in beats),
        broken=np.array([beat.broken for beat in beats], dtype=np.bool_),
    )
