"""Examples: labelled beats in their context, of recordings as they are, disturbed, and composed anew.

Every one goes the way that serving goes: R peaks are found, beats are cut from the signal around them; an annotation
within 150 ms lends its label.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float64
from pydantic import BaseModel, ConfigDict, Field
from scipy.signal import butter, sosfiltfilt
from tqdm import tqdm

from ecg import (
    Annotations,
    BeatsInContext,
    FoundBeats,
    Recording,
    Stretch,
    choose_leads,
    find_beats,
    in_stretches,
    label_of,
)
from ecg.context.pace import Pace
from ecg.context.usual_beat import UsualBeat
from ecg.formats import wfdb as wfdb_format
from ecg.matching import labels_at
from ecg.signal.noise import noisy
from ecg.signal.resampling import BEAT_FS, resample
from training.data.databases import NOISES, ensure_downloaded, read_noises
from training.data.dataset import Dataset, load, save
from training.synthesis.composition import Script, compose
from training.synthesis.material import Material, segment_of, segments_without_gaps

MADE = "+"
"""What the name of a recording ends in that was made of the one of that name."""

LIVE_SHARE = 0.25
"""Of the made recordings: how many are looked at as live ones are."""
LIVE_SECONDS = 300.0
"""The usual beat of a live recording is that of so long before."""
LIVE_STEP = 60.0

ONE_LEAD_SHARE = 0.2
SHORTEST_SHARE = 0.15
"""Of a recording: made ones are a segment of it, as short as that."""
DONATED = 60
"""Ventricular ectopic beats of each patient that others may be given."""

NOISE_SHARES = (0.4, 0.25, 0.35)
"""Of `NOISES`, in their order."""

NOISY, WHITE = 0.6, 0.2
"""How many recordings get recorded noise, and white noise."""
DECIBELS = (6.0, 24.0)
WHITE_MV = (0.005, 0.03)

SMOOTHED, SMOOTHED_HZ = 0.3, (20.0, 50.0)
STEADIED, STEADIED_HZ = 0.4, (0.05, 0.8)
INVERTED = 0.15
GAIN_SPREAD = 0.3


class Synthesis(BaseModel):
    """Beside each recording as it is: so many disturbed ones, and so many composed anew and disturbed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    disturbed: int = Field(default=2, ge=0)
    composed: int = Field(default=8, ge=0)
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True)
class Disturber:
    """Changes recordings at 125 Hz at random; `noises` are recorded ones, `[lead, sample]` at the same rate."""

    noises: Sequence[Float64[np.ndarray, "lead sample"]]

    @classmethod
    def read(cls, data: Path) -> "Disturber":
        """With the noise of `data/nstdb`. Raises MissingData."""
        recordings = read_noises(data, NOISES)
        return cls([np.stack([resample(signal, r.fs) for signal in r.signals]).astype(float) for r in recordings])

    def disturb(self, recording: Recording, rng: np.random.Generator) -> Recording:
        """The recording otherwise filtered, amplified, turned over and with noise."""
        signals = recording.signals.astype(np.float64)
        if rng.random() < SMOOTHED:
            signals = _filtered(signals, rng.uniform(*SMOOTHED_HZ), "lowpass")
        if rng.random() < STEADIED:
            signals = _filtered(signals, rng.uniform(*STEADIED_HZ), "highpass")
        if rng.random() < INVERTED:
            signals[rng.integers(len(signals))] *= -1
        signals *= np.exp(rng.normal(0, GAIN_SPREAD, (len(signals), 1)))
        kind = rng.random()
        if kind < NOISY:
            signals = self._with_noise(replace(recording, signals=signals.astype(np.float32)), rng)
        elif kind < NOISY + WHITE:
            signals += rng.normal(0, rng.uniform(*WHITE_MV), signals.shape)
        return replace(recording, signals=signals.astype(np.float32))

    def _with_noise(self, recording: Recording, rng: np.random.Generator) -> Float64[np.ndarray, "lead sample"]:
        """With a segment of recorded noise, all the time or now and then."""
        leads, length = recording.signals.shape
        noise = self.noises[int(rng.choice(len(NOISES), p=NOISE_SHARES))]
        start = int(rng.integers(noise.shape[1]))
        places = np.arange(start, start + length) % noise.shape[1]
        segment = noise[:: int(rng.choice([1, -1]))][:leads, places]
        annotations = recording.beat_annotations()
        peaks = annotations.samples[[label_of(symbol) is not None for symbol in annotations.symbols]]
        with_noise = noisy(recording.signals, peaks, segment, BEAT_FS, rng.uniform(*DECIBELS))
        if rng.random() < 0.5:
            return with_noise
        seconds = np.arange(length) / BEAT_FS
        on = np.sin(2 * np.pi * seconds / rng.uniform(60, 300) + rng.uniform(0, 2 * np.pi)) > 0
        return np.where(on, with_noise, recording.signals)


def _filtered(
    signals: Float64[np.ndarray, "lead sample"], hertz: float, kind: Literal["lowpass", "highpass"]
) -> Float64[np.ndarray, "lead sample"]:
    return np.asarray(sosfiltfilt(butter(2, hertz, kind, fs=BEAT_FS, output="sos"), signals, axis=1))


def detected(recording: Recording, leads: tuple[int, ...], *, live: bool = False) -> tuple[FoundBeats, BeatsInContext]:
    """The beats that are found in a recording, and their context; `live`, as far as it is known then."""
    parts = [part.beats for part in in_stretches(find_beats(recording, leads), recording.fs) if len(part.beats)]
    beats = []
    for part in parts:
        stretch = Stretch.cut(recording, leads, part.peaks, part.broken)
        beats += list(_so_far(stretch)) if live else [stretch.in_context()]
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


def examples_as_they_are(data: Path, names: Sequence[str]) -> Dataset:
    """The examples of recordings of mitdb, none of them made. Raises MissingData."""
    folder = ensure_downloaded(data, names)
    recordings = tqdm(names, desc="finding beats", unit="recording", disable=None)
    return Dataset.joined([_labelled(wfdb_format.read(folder / name), name, live=False) for name in recordings])


def load_or_make(folder: Path, data: Path, groups: Sequence[Sequence[str]], synthesis: Synthesis) -> Dataset:
    """The examples of recordings of mitdb that an earlier call made in the folder, or else new ones, kept there."""
    return _load_or_make(folder / f"examples-{_name(synthesis)}.npz", lambda: make_examples(data, groups, synthesis))


def load_or_make_added(
    folder: Path, data: Path, groups: Sequence[Sequence[Recording]], sha256: str, synthesis: Synthesis
) -> Dataset:
    """The same of recordings that are added, which have this hash."""
    file = folder / f"added-{sha256[:12]}-{_name(synthesis)}.npz"
    return _load_or_make(file, lambda: make_examples_of(groups, data, synthesis))


def _name(synthesis: Synthesis) -> str:
    return f"{synthesis.disturbed}-{synthesis.composed}-{synthesis.seed}"


def _load_or_make(file: Path, make: Callable[[], Dataset]) -> Dataset:
    if not file.exists():
        examples = make()
        save(replace(examples, values=examples.values.astype(np.float16)), file)
    return load(file)


def make_examples(data: Path, groups: Sequence[Sequence[str]], synthesis: Synthesis) -> Dataset:
    """The examples of some patients' recordings of mitdb: see `make_examples_of`."""
    folder = ensure_downloaded(data)
    return make_examples_of(([wfdb_format.read(folder / name) for name in group] for group in groups), data, synthesis)


def make_examples_of(groups: Iterable[Sequence[Recording]], data: Path, synthesis: Synthesis) -> Dataset:
    """The examples of recordings, with the noise of `data`; the name of one that was made ends in `MADE`.

    A patient's ventricular ectopic beats are given to those of his group only, so that a group can be left out whole.
    Raises MissingData.
    """
    disturber = Disturber.read(data)
    parts: list[Dataset] = []
    with tqdm(desc="making examples", unit="recording", disable=None) as bar:
        for recordings in groups:
            rng = np.random.default_rng(synthesis.seed)
            donors = {recording.name: _donations(recording, rng) for recording in recordings}
            for recording in recordings:
                donated = [wave for name, waves in donors.items() if name != recording.name for wave in waves]
                parts += _of_one(recording, donated, disturber, synthesis)
                bar.update()
    return Dataset.joined(parts)


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
    segments = segments_without_gaps(recording)
    material = cache(lambda place: material_of(segments[place]))
    for number in range(synthesis.disturbed + synthesis.composed if segments else 0):
        place = _drawn(len(segments), rng)
        if not len(material(place).labels):
            continue
        if number < synthesis.disturbed:
            made = at_beat_rate(segments[place])
        else:
            made = compose(material(place), donated, Script.drawn(rng), rng)
        made = disturber.disturb(_segment(made, rng), rng)
        if rng.random() < ONE_LEAD_SHARE:
            made = replace(made, signals=made.signals[:1], leads=made.leads[:1])
        yield _labelled(made, f"{recording.name}{MADE}", live=bool(rng.random() < LIVE_SHARE))


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


def _segment(recording: Recording, rng: np.random.Generator) -> Recording:
    """A part of the recording, from anywhere in it."""
    length = recording.signals.shape[1]
    start, stop = sorted(rng.uniform(0, 1, 2))
    if stop - start < SHORTEST_SHARE:
        start, stop = 0.0, 1.0
    return segment_of(recording, round(start * length), round(stop * length))
