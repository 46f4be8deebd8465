"""From signals to beats, as the signals come: a whole recording or a live one, the same way.

signals -> gaps filled -> R peaks, and two leads at 125 Hz -> crops -> beats with their quality
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from ecg.beats import BEAT_LENGTH, RR_SHARE, scale
from ecg.detection.found_beats import FoundBeats
from ecg.detection.lead_cutter import Cut, LeadCutter, Peak
from ecg.detection.peaks import HISTORY, PeakDetector, Peaks
from ecg.errors import InvalidSignals
from ecg.signal.gaps import GapFiller
from ecg.signal.quality import FAILING
from ecg.signal.resampling import BEAT_FS
from ecg.source import check_layout

FEWEST = 3
"""Beats that can be judged: with fewer there is nothing to say of a recording."""

RECENT = 32
"""Beats among which so many have to be good before the first is handed out."""

WAITED = 32
"""Beats after which the second lead is enough to see an ECG: the first has had its time."""

KEPT = 4096
"""Beats that can still be judged once there is an ECG, about an hour: those before them are noise."""

FAILS_OF, FAILS = 8, 4
"""Of the last beats, how many the first lead has to fail in before the second is used in its place."""

OBSERVED_EVERY = 4
"""Beats of which one is looked at in the second lead, while the first does not fail."""


@dataclass(frozen=True)
class _Beat:
    """A beat that was cut from each of the leads that it may be judged by."""

    sample: int
    cuts: tuple[Cut, ...]
    broken: bool
    second: bool

    @property
    def cut(self) -> Cut:
        return self.cuts[int(self.second)]


class BeatStream:
    """Finds and cuts the beats of one recording, whose signals it is given piece by piece.

    `lead` is the one that beats are cut from; where it fails for a while, they are cut from the first of the others.
    Peaks are looked for in all. Where the beats do not look like those of an ECG, or fewer than 3 can be judged, none
    is handed out, and after `finish` the `reason` is there.

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
        self._judged_leads = [lead, *[other for other in range(leads) if other != lead][:1]]
        self._cutters = [LeadCutter(fs) for _ in self._judged_leads]
        self._seen = 0
        self._waiting: list[Peak] = []
        """Peaks whose beats are not yet cut."""
        self._before: _Beat | None = None
        """The beat before those."""
        self._usual_length = BEAT_LENGTH
        """Of the beat before: the last beat, which no peak follows, is cut as long."""
        self._fails: deque[bool] = deque(maxlen=FAILS_OF)
        """Whether the first lead failed in the last beats."""
        self._count = 0
        """Of the beats that were cut."""
        self._thinned = 0
        """Of those that are held, from the first on."""
        self._held: list[_Beat] | None = []
        """Beats that were cut before it was certain that this is an ECG; None from then on."""

    def push(self, signals: Float[np.ndarray, "lead sample"]) -> FoundBeats:
        """The beats that this piece made certain. The signals are in mV; NaN and infinity are gaps."""
        if len(signals) != self.leads:
            raise InvalidSignals(f"got {len(signals)} signals, expected {self.leads}, as at the beginning")
        self._seen += signals.shape[1]
        filled = self._gaps.fill(signals)
        self._wait_for(self._detector.push(filled))
        for lead, cutter in zip(self._judged_leads, self._cutters, strict=True):
            cutter.push(signals[lead], filled[lead])
        return self._cut(last=False)

    def finish(self) -> FoundBeats:
        """The beats that were left, now that nothing more comes."""
        self._wait_for(self._detector.finish())
        for cutter in self._cutters:
            cutter.finish()
        return self._cut(last=True)

    @property
    def next_peak(self) -> int | None:
        """Where the R peak after the last beat that was cut seems to be, in samples; None for no sign of one."""
        return self._waiting[0].sample if self._waiting else self._detector.next_sample

    @property
    def alike(self) -> float:
        """How much the last beats look alike in the lead that they are cut from, 0 to 1."""
        return self._cutters[0].resemblance.alike

    def _wait_for(self, peaks: Peaks) -> None:
        self._waiting += map(Peak, peaks.samples.tolist(), peaks.flutter.tolist())

    def _cut(self, last: bool) -> FoundBeats:
        available, following = self._cutters[0].stop, [peak.sample for peak in self._waiting[1:]]
        if self.live and not last and self._waiting:
            available = min(cutter.look_ahead() for cutter in self._cutters)
            next_sample = self._detector.next_sample
            following += [] if next_sample is None else [next_sample]
        beats: list[_Beat] = []
        for number, peak in enumerate(self._waiting):
            start = self._position(peak.sample)
            length = self._length(start, following[number] if number < len(following) else None, available, last)
            if length is None or (not last and start + length > available):
                break
            beat = self._beat(peak, start, length)
            beats.append(beat)
            self._before, self._usual_length = beat, length
        del self._waiting[: len(beats)]
        self._forget(available)
        return _found(self._release(beats, last))

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

    def _beat(self, peak: Peak, start: int, length: int) -> _Beat:
        beat = self._by_lead(_Beat(peak.sample, self._cuts(peak, start, length), broken=False, second=False))
        gap = self._before is None or self._gap_between(self._before, beat)
        return replace(beat, broken=gap or _is_broken(self._before, beat))

    def _cuts(self, peak: Peak, start: int, length: int) -> tuple[Cut, ...]:
        """From the first lead, and from the second where it may be needed; else that is only looked at now and then."""
        first, *others = self._cutters
        cut = first.cut(peak, start, length)
        self._count += 1
        if self._held is not None or cut.quality in FAILING or any(self._fails):
            return (cut, *[other.cut(peak, start, length) for other in others])
        for other in others if self._count % OBSERVED_EVERY == 0 else ():
            other.observe(start)
        return (cut,)

    def _by_lead(self, beat: _Beat) -> _Beat:
        """Judged by the second lead, where the first fails for a while and the second does not."""
        self._fails.append(beat.cuts[0].quality in FAILING)
        fails = self._fails[-1] and sum(self._fails) >= FAILS
        return replace(beat, second=fails and len(beat.cuts) > 1 and beat.cuts[1].quality == "good")

    def _gap_between(self, before: _Beat, beat: _Beat) -> bool:
        """In the lead by which the beat is judged: where the other one shows noise alone, it shows no beats either."""
        return self._cutters[int(beat.second)].gaps.touch(before.sample, beat.sample)

    def _release(self, beats: list[_Beat], last: bool) -> list[_Beat]:
        """Those that may be handed out: none before it is certain that this is an ECG, then all that were held."""
        if self._held is None:
            return beats
        self._held += beats
        for cutter in self._cutters if last else ():
            cutter.resemblance.finish()
        if self._is_ecg(last) and self._good(self._held[-RECENT:]) >= FEWEST:
            released, self._held = self._judged_again(self._held), None
            return released
        if last:
            self.reason = self._why()
        self._thin_out(self._held)
        return []

    def _is_ecg(self, last: bool) -> bool:
        first, *others = (cutter.resemblance.seen for cutter in self._cutters)
        return first or (any(others) and (last or self._count > WAITED))

    def _good(self, held: Sequence[_Beat]) -> int:
        return sum(beat.cut.quality == "good" for beat in self._judged_again(held))

    def _thin_out(self, held: list[_Beat]) -> None:
        """Keep of those long ago no more than that they were there, so that hours of noise do not fill the memory."""
        for number in range(self._thinned, len(held) - KEPT):
            emptied = tuple(replace(cut.noisy(), crop=cut.crop[:0], shape=None) for cut in held[number].cuts)
            held[number] = replace(held[number], cuts=emptied)
        self._thinned = max(len(held) - KEPT, 0)

    def _judged_again(self, held: Sequence[_Beat]) -> list[_Beat]:
        """Beats from before it was known what this heart's beats look like."""
        by_lead = [cutter.judged_again([beat.cuts[n] for beat in held]) for n, cutter in enumerate(self._cutters)]
        self._fails.clear()
        again = [self._by_lead(replace(beat, cuts=tuple(cuts))) for beat, *cuts in zip(held, *by_lead, strict=True)]
        pairs = zip([None, *again[:-1]], again, strict=True)
        return [replace(beat, broken=beat.broken or _is_broken(before, beat)) for before, beat in pairs]

    def _why(self) -> str:
        """Why nothing is said of what was found."""
        qualities = Counter(beat.cut.quality for beat in self._held or [])
        if not self._seen:
            return "the recording has no samples"
        if min(cutter.gaps.samples for cutter in self._cutters) >= 0.9 * self._seen:
            return "the lead is flat or was not recorded: at least nine tenths of it are gaps or one value"
        if not qualities:
            return "no beat was found: nothing in it stands out by 50 uV; if it is in another unit, say which"
        if qualities.total() < 2 * FEWEST:
            return f"fewer than {FEWEST} beats can be judged: {qualities['good']} of {qualities.total()} found"
        counts = ", ".join(f"{count} {quality.replace('_', ' ')}" for quality, count in qualities.most_common())
        return f"nothing in it looks like an ECG: of {qualities.total()} places that might be beats, {counts}"

    def _forget(self, available: int) -> None:
        oldest = self._position(self._waiting[0].sample) if self._waiting else available
        needed = min(oldest, available - round(HISTORY * BEAT_FS))
        before = self._before.sample if self._before else 0
        for cutter in self._cutters:
            cutter.forget(needed)
            cutter.gaps.forget(min(needed * self.fs / BEAT_FS, before))


def _is_broken(before: _Beat | None, beat: _Beat) -> bool:
    """Whether the time between two is no R-R interval, since one of them may be no beat."""
    return before is None or not {before.cut.quality, beat.cut.quality}.isdisjoint(("flutter", "noisy"))


def _found(beats: Sequence[_Beat]) -> FoundBeats:
    values = np.zeros((len(beats), BEAT_LENGTH), np.float32)
    for row, beat in zip(values, beats, strict=True):
        row[: len(beat.cut.crop)] = scale(beat.cut.crop)
    return FoundBeats(
        values=values,
        peaks=np.array([beat.sample for beat in beats], dtype=np.int64),
        quality=tuple(beat.cut.quality for beat in beats),
        broken=np.array([beat.broken for beat in beats], dtype=np.bool_),
        second=np.array([beat.second for beat in beats], dtype=np.bool_),
    )
