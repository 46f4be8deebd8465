"""The noise stress test: what is left of a classifier's figures where electrodes move.

Recorded noise is added as PhysioNet's `nst` does it by default (Moody, Muldrow and Mark, "A noise stress test for
arrhythmia detectors", 1984; nst.c of WFDB 10.7): the first five minutes stay clean, then two minutes with noise and two
without take turns. What comes after the five minutes is compared, with noise and without.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Float64
from tqdm import tqdm

from ecg import Label, Recording
from ecg.scoring import LEARNING, Comparison
from ecg.signal.noise import gains, noise_power, signal_power
from ecg.signal.resampling import resample
from models import REASONS, Classifier, Reason
from models.checkpoint.abstention import ALL
from training.errors import UnexpectedData
from training.evaluation.patients import CLASS_OF, annotated_by, annotations_of, compare_with_reference

DECIBELS = (24.0, 18.0, 12.0, 6.0, 0.0)

ELECTRODE_MOTION = "em"
"""The noise of `nstdb` that is hardest to bear: it looks like beats."""

USUAL = ("118", "119")
"""Recordings of mitdb that the noise stress test database is made of."""

CLEAN_SECONDS = LEARNING
SEGMENT_SECONDS = 120.0

MEASURED = 300
"""How many beats give the signal's height, and how many seconds the noise's strength: the first ones."""


@dataclass(frozen=True)
class NoiseLevel:
    """What was reached at one signal-to-noise ratio, None for none added.

    Of all beats that were found, `unjudged` is the share that was not classified, and `abstained` the share that was,
    with a label that the classifier does not stand by.
    """

    decibels: float | None
    comparisons: Sequence[Comparison]
    unjudged: float
    abstained: float = 0.0


def stress_test(
    classifier: Classifier,
    recordings: Sequence[Recording],
    noise: Recording,
    decibels: Iterable[float] = DECIBELS,
    *,
    coverage: float = ALL,
) -> list[NoiseLevel]:
    """Annotate and compare the recordings as they are, then at each ratio; labels count, abstained on or not.

    Raises what `with_noise` and `compare_with_reference` raise.
    """
    levels: list[float | None] = [None, *decibels]
    return [
        _at_level(classifier, recordings, noise, level, coverage)
        for level in tqdm(levels, desc="adding noise", unit="level", disable=None)
    ]


def _at_level(
    classifier: Classifier,
    recordings: Sequence[Recording],
    noise: Recording,
    decibels: float | None,
    coverage: float,
) -> NoiseLevel:
    comparisons: list[Comparison] = []
    labels: list[Label | None] = []
    reasons: list[Reason | None] = []
    for recording in recordings:
        heard = recording if decibels is None else with_noise(recording, noise, decibels)
        said = annotated_by(classifier, heard, "found", coverage)
        comparisons.append(compare_with_reference(recording, annotations_of(said), LEARNING))
        first = int(np.searchsorted(said.found.peaks, LEARNING * recording.fs))
        labels += said.labels[first:]
        reasons += said.reasons[first:]
    found = max(len(labels), 1)
    doubted = sum(reasons.count(reason) for reason in REASONS if reason != "poor_signal")
    return NoiseLevel(decibels, comparisons, labels.count(None) / found, doubted / found)


def with_noise(recording: Recording, noise: Recording, decibels: float) -> Recording:
    """The recording with noise in every other segment, at this ratio there; each lead gets one of the noise's in turn.

    Where noise begins and ends the signal does not jump. Raises UnexpectedData where no normal beat shows how high the
    signal is, and MissingAnnotations.
    """
    leads = np.arange(len(recording.signals)) % len(noise.signals)
    measured = noise_power(noise.signals[leads, : round(MEASURED * noise.fs)], noise.fs)
    gain = gains(_signal_power(recording), measured, decibels)
    added = gain[:, None] * _in_segments(_at_rate(noise, recording.fs)[leads], recording.signals.shape[1], recording.fs)
    return replace(recording, signals=(recording.signals + added).astype(np.float32))


def _signal_power(recording: Recording) -> Float64[np.ndarray, "lead"]:
    """By the first beats that sigamp takes for normal: all but ventricular and fusion beats, and those of no class."""
    annotations = recording.beat_annotations()
    classes = [CLASS_OF.get(symbol, "O") for symbol in annotations.symbols]
    normal = annotations.samples[[name in "NSQ" for name in classes]][:MEASURED]
    if not len(normal):
        raise UnexpectedData(f"{recording.name} has no normal beat, which noise is measured against")
    return signal_power(recording.signals, normal, recording.fs)


def _at_rate(noise: Recording, fs: float) -> Float32[np.ndarray, "lead sample"]:
    return noise.signals if noise.fs == fs else np.stack([resample(signal, noise.fs, fs) for signal in noise.signals])


def _in_segments(
    noise: Float32[np.ndarray, "lead noise"], samples: int, fs: float
) -> Float64[np.ndarray, "lead sample"]:
    """The noise where its turn is, from its beginning again where it ends; elsewhere it stays where it was.

    What is added up are its steps from sample to sample, so there are no others.
    """
    steps = np.diff(noise.astype(np.float64), axis=1, prepend=noise[:, :1])
    places = np.arange(samples)
    segments = (places - round(CLEAN_SECONDS * fs)) // round(SEGMENT_SECONDS * fs)
    on = (segments >= 0) & (segments % 2 == 0)
    return np.cumsum(np.where(on, steps[:, places % noise.shape[1]], 0.0), axis=1)
