"""Finding: the beats of a whole recording, block by block, from the lead that shows them best."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ecg.detection.beat_stream import BeatStream
from ecg.detection.found_beats import FoundBeats
from ecg.leads import find_lead, preferred_lead
from ecg.messages import listed
from ecg.recording import Recording

BLOCK_SECONDS = 180.0
"""At a usual heart rate as many beats as a classifier takes at once."""

TRIED = 6
TRIED_SECONDS = 30.0
"""So many parts of a recording, so long each, show how good a lead is."""

STRETCH_SECONDS = 1800.0
"""Half an hour shows a patient's habits well."""

LIKE_QUALITY = 0.1
"""Of the best lead's quality: among leads that are worse by less, the name decides, then their order."""


@dataclass(frozen=True)
class FoundPart:
    """The beats that a part of the recording made certain, and the seconds of it that are done."""

    beats: FoundBeats
    seconds: float
    reason: str | None = None
    """Why there are none, with the last part of a recording that has none."""


def choose_leads(recording: Recording, asked: str | None = None) -> tuple[int, ...]:
    """The leads that beats are looked for in, by number; the first is the one that they are cut from.

    That is the one asked for, else the one that shows its beats best; of like ones, the one that classifiers know by
    its name, or the first. The next best helps to find beats. Empty for a recording without leads. Raises UnknownLead.
    """
    if not recording.leads:
        if asked is not None:
            find_lead(recording.leads, asked)
        return ()
    qualities = [_quality(recording, lead) for lead in range(len(recording.leads))]
    first = (
        recording.leads.index(find_lead(recording.leads, asked)) if asked is not None else _best(recording, qualities)
    )
    others = sorted((lead for lead in range(len(qualities)) if lead != first), key=lambda lead: -qualities[lead])
    return (first, *others[:1])


def _best(recording: Recording, qualities: Sequence[float]) -> int:
    like = [lead for lead, quality in enumerate(qualities) if quality >= max(qualities) - LIKE_QUALITY]
    known = preferred_lead([recording.leads[lead] for lead in like])
    return like[0] if known is None else recording.leads.index(known)


def _quality(recording: Recording, lead: int) -> float:
    """How many of the beats in some parts of the recording can be judged, times how much they look alike."""
    samples, part = recording.signals.shape[1], round(TRIED_SECONDS * recording.fs)
    qualities = []
    for start in np.linspace(0, max(samples - part, 0), TRIED if samples > TRIED * part else 1).astype(int).tolist():
        stream = BeatStream(1, recording.fs)
        signal = recording.signals[lead : lead + 1, start : start + part]
        found = FoundBeats.joined([stream.push(signal), stream.finish()])
        qualities.append(np.count_nonzero(found.good) / max(len(found), 1) * stream.alike)
    return float(np.mean(qualities))


def find_beats(recording: Recording, leads: tuple[int, ...]) -> Iterator[FoundPart]:
    """The beats, part by part; `leads` are those of `choose_leads`."""
    if not leads:
        others = listed(recording.left_out) or "no signals at all"
        nothing = FoundBeats.joined([])
        yield FoundPart(nothing, recording.seconds, f"no signal in it is a lead of an ECG: it has {others}")
        return
    stream = BeatStream(len(leads), recording.fs)
    step = round(BLOCK_SECONDS * recording.fs)
    for start in range(0, recording.signals.shape[1], step):
        block = np.array(recording.signals[list(leads), start : start + step])
        yield FoundPart(stream.push(block), min((start + step) / recording.fs, recording.seconds))
    found = stream.finish()
    yield FoundPart(found, recording.seconds, stream.reason)


def in_stretches(parts: Iterable[FoundPart], fs: float) -> Iterator[FoundPart]:
    """The same beats, half an hour of them at once, parts without any between them; the last may be half as long again.

    `fs` is the rate that their peaks are counted at.
    """
    held = FoundBeats.joined([])
    seconds, reason = 0.0, None
    for part in parts:
        held = FoundBeats.joined([held, part.beats])
        seconds, reason = part.seconds, part.reason
        while len(held) and (held.peaks[-1] - held.peaks[0]) / fs > 1.5 * STRETCH_SECONDS:
            first = int(np.searchsorted(held.peaks, held.peaks[0] + STRETCH_SECONDS * fs))
            yield FoundPart(held.select(slice(first)), part.seconds)
            held = held.select(slice(first, None))
        yield FoundPart(FoundBeats.joined([]), part.seconds)
    yield FoundPart(held, seconds, reason)
