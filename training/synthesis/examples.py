"""Examples: labelled beats in their context, of recordings as they are, disturbed, and composed anew.

Every one goes the way that serving goes: R peaks are found, beats are cut from the signal around them; an annotation
within 150 ms lends its label.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
from jaxtyping import Float64
from pydantic import BaseModel, ConfigDict, Field

from ecg import (
    LABELS,
    Annotations,
    BeatsInContext,
    FoundBeats,
    Recording,
    Stretch,
    choose_leads,
    find_beats,
    in_stretches,
)
from ecg.context.pace import Pace
from ecg.context.usual_beat import UsualBeat
from ecg.matching import labels_at
from ecg.signal.resampling import BEAT_FS, resample
from models.annotation.recording import context_in
from training.data.dataset import MADE, WEAK, Dataset
from training.data.groups import Group
from training.synthesis.composition import compose
from training.synthesis.disturbance import Disturber
from training.synthesis.material import Material, segment_of, segments_without_gaps
from training.synthesis.repertoire import Repertoire

LIVE_SHARE = 0.25
"""Of the made recordings: how many are looked at as live ones are."""
LIVE_SECONDS = 300.0
"""The usual beat of a live recording is that of so long before."""
LIVE_STEP = 60.0

SHORT_SHARE = 0.25
SHORT_SECONDS = (20.0, 90.0)
"""Of the made recordings: how many are taken apart into ones as short as hand-held devices give, so that to be short
says nothing of what is in it."""
ONE_LEAD_SHARE, ONE_LEAD_SHARE_OF_SHORT = 0.2, 0.7
SHORTEST_SHARE = 0.15
"""Of a recording: made ones are a segment of it, as short as that."""
DONATED = 60
"""Ventricular ectopic beats of each patient that others may be given."""


class Synthesis(BaseModel):
    """Beside each recording as it is: so many disturbed ones, and so many composed anew and disturbed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    disturbed: int = Field(default=2, ge=0)
    composed: int = Field(default=8, ge=0)
    live: bool = Field(default=False, description="once more each, as a live signal shows it")
    repertoire: Repertoire = Field(default=Repertoire(), description="what is composed, and how often")
    seed: int = Field(default=0, ge=0)


def detected(recording: Recording, leads: tuple[int, ...], *, live: bool = False) -> tuple[FoundBeats, BeatsInContext]:
    """The beats that are found in a recording, and their context; `live`, as far as it is known then."""
    parts = [part.beats for part in in_stretches(find_beats(recording, leads), recording.fs) if len(part.beats)]
    beats = []
    for part in parts:
        if live:
            beats += list(_so_far(Stretch.cut(recording, leads, part.peaks, part.broken)))
        else:
            beats.append(context_in(recording, leads)(part))
    return FoundBeats.joined(parts), BeatsInContext.joined(beats)


def _so_far(stretch: Stretch) -> Iterator[BeatsInContext]:
    """The beats of a stretch as a live signal shows them, minute by minute."""
    starts = np.searchsorted(stretch.peaks, np.arange(stretch.peaks[0], stretch.peaks[-1] + 1, LIVE_STEP * BEAT_FS))
    edges = [*np.unique(starts).tolist(), len(stretch)]
    usual: list[UsualBeat] = []
    for start, stop in pairwise(edges):
        known = max(start, min(stop, 8))  # of the first beats there is nothing else to be known
        usual_from = np.searchsorted(stretch.peaks, stretch.peaks[known - 1] - LIVE_SECONDS * BEAT_FS)
        around = slice(int(usual_from), known)
        usual = stretch.usual(around, usual)
        yield stretch.so_far(slice(start, stop), around, usual, Pace.of(stretch.intervals[:known]))


def make_examples(group: Group, disturber: Disturber, synthesis: Synthesis) -> Dataset:
    """The examples of a group's recordings; the name of one that was made ends in `MADE`.

    A patient's ventricular ectopic beats are given to those of his group only, so that a group can be left out whole.
    """
    if group.database.weak:
        return Dataset.joined(list(_weakly_labelled(group)))
    recordings = list(group.read())
    rng = np.random.default_rng(synthesis.seed)
    donors = {recording.name: _donations(recording, rng) for recording in recordings}
    parts: list[Dataset] = []
    for recording in recordings:
        donated = [wave for name, waves in donors.items() if name != recording.name for wave in waves]
        parts += _of_one(recording, donated, disturber, synthesis)
    return Dataset.joined(parts)


def _weakly_labelled(group: Group) -> Iterator[Dataset]:
    """All good beats of each recording, with the class of nearly all of them; then the same as a live signal's."""
    labels = group.weak_labels()
    for recording in group.read():
        leads = choose_leads(recording)
        for live in (False, True):
            found, beats = detected(recording, leads, live=live)
            label = LABELS.index(labels[recording.name])
            name = f"{recording.name}{WEAK}{MADE if live else ''}"
            count = int(found.good.sum())
            yield Dataset(beats.values[found.good], np.full(count, label), np.full(count, name))


def _donations(recording: Recording, rng: np.random.Generator) -> list[Float64[np.ndarray, "lead 114"]]:
    segments = segments_without_gaps(recording)
    return material_of(segments[_drawn(len(segments), rng)]).ventricular(DONATED, rng) if segments else []


def _drawn(number: int, rng: np.random.Generator) -> int:
    """One of so many; of one there is nothing to draw."""
    return int(rng.integers(number)) if number > 1 else 0


def _of_one(
    recording: Recording, donated: Sequence[Float64[np.ndarray, "lead 114"]], disturber: Disturber, synthesis: Synthesis
) -> Iterator[Dataset]:
    rng = np.random.default_rng((synthesis.seed, int.from_bytes(recording.name.encode(), "big")))
    yield _labelled(recording, recording.name, live=False)
    if synthesis.live:
        yield _labelled(recording, f"{recording.name}{MADE}", live=True)
    segments = segments_without_gaps(recording)
    material = cache(lambda place: material_of(segments[place]))
    for number in range(synthesis.disturbed + synthesis.composed if segments else 0):
        place = _drawn(len(segments), rng)
        if not len(material(place).labels):
            continue
        if number < synthesis.disturbed:
            made = at_beat_rate(segments[place])
        else:
            made = compose(material(place), donated, synthesis.repertoire.draw(rng), rng)
        made = disturber.disturb(_segment(made, rng), rng)
        short, live = rng.random() < SHORT_SHARE, bool(rng.random() < LIVE_SHARE)
        if rng.random() < (ONE_LEAD_SHARE_OF_SHORT if short else ONE_LEAD_SHARE):
            made = replace(made, signals=made.signals[:1], leads=made.leads[:1])
        for one in _short_ones(made, rng) if short else [made]:
            yield _labelled(one, f"{recording.name}{MADE}", live=live)


def _labelled(recording: Recording, name: str, *, live: bool) -> Dataset:
    leads = choose_leads(recording)
    found, beats = detected(recording, leads, live=live)
    labels = labels_at(found.peaks, recording.beat_annotations(), recording.fs)
    kept = found.good & (labels >= 0)
    return Dataset(beats.values[kept], labels[kept], np.full(int(kept.sum()), name))


def at_beat_rate(recording: Recording) -> Recording:
    """The recording, which must have no gaps, at 125 Hz, with the lead first that beats are cut from."""
    leads = choose_leads(recording)
    signals = np.stack([resample(recording.signals[lead], recording.fs) for lead in leads])
    annotations = recording.beat_annotations()
    samples = np.round(annotations.samples * (BEAT_FS / recording.fs)).astype(np.int64)
    samples = np.clip(samples, 0, signals.shape[1] - 1)
    names = tuple(recording.leads[lead] for lead in leads)
    return Recording(recording.name, signals, names, BEAT_FS, Annotations(samples, annotations.symbols))


def material_of(recording: Recording) -> Material:
    """The recording's beats for composition, at the R peaks that are found, where an annotation marks them."""
    plain = at_beat_rate(recording)
    found = FoundBeats.joined([part.beats for part in find_beats(plain, tuple(range(len(plain.leads))))])
    labels = labels_at(found.peaks, plain.beat_annotations(), BEAT_FS)
    known = labels >= 0
    return Material.of(plain.name, plain.leads, plain.signals.astype(np.float64), found.peaks[known], labels[known])


def _short_ones(recording: Recording, rng: np.random.Generator) -> Iterator[Recording]:
    """The recording taken apart; what is left at its end is left out."""
    start, length = 0, recording.signals.shape[1]
    while start + (seconds := round(rng.uniform(*SHORT_SECONDS) * recording.fs)) <= length:
        yield segment_of(recording, start, start + seconds)
        start += seconds


def _segment(recording: Recording, rng: np.random.Generator) -> Recording:
    """A part of the recording, from anywhere in it."""
    length = recording.signals.shape[1]
    start, stop = sorted(rng.uniform(0, 1, 2))
    if stop - start < SHORTEST_SHARE:
        start, stop = 0.0, 1.0
    return segment_of(recording, round(start * length), round(stop * length))
