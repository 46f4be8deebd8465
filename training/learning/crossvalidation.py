"""Cross-validation over patients: what is chosen is chosen on beats of patients that the network has not seen.

Each group of patients is left out in turn; a network that learns from the others decides on the group's recordings.
All these decisions together, out of fold, show where to operate: what to add to the logits, class by class.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from jaxtyping import Bool, Float32, Float64, Int64

from ecg import LABELS, Recording, choose_leads
from ecg.matching import labels_at
from models import AnnotatedBeats, CheckpointInfo, Classifier, OperatingPoint, Plan, annotate_recording
from training.data.dataset import Dataset, Split
from training.errors import UnexpectedData
from training.learning.loop import network_of, train_members
from training.learning.recipe import Recipe
from training.measures.scores import Score, score
from training.synthesis.examples import MADE

OFFSETS = np.arange(-5.0, 1.51, 0.25)
"""Tried for the logits of S and V; those of N stay as they are."""
FUSION_OFFSET = -2.0
"""F is learnt from one patient's beats: it is said only where little else can be."""
COUNTED = ("N", "S", "V")

OUT_OF_FOLD = "out_of_fold.npz"
"""What the decisions are called within a run's folder."""


@dataclass(frozen=True)
class OutOfFold:
    """The beats found in the recordings of all groups, with what the network says that had not seen their patient.

    `probabilities` are NaN for a beat that is not decided on, since it cannot be judged. `labels` are those of the
    reference, as indices of `LABELS`, -1 where it marks no beat. `peaks` are samples at the recording's own rate.
    """

    probabilities: Float64[np.ndarray, "beat class"]
    labels: Int64[np.ndarray, "beat"]
    recordings: np.ndarray
    peaks: Int64[np.ndarray, "beat"]

    @property
    def known(self) -> "OutOfFold":
        """The beats that are decided on and marked: what is chosen, is chosen on them."""
        return self.select(np.isfinite(self.probabilities).all(axis=1) & (self.labels >= 0))

    def select(self, which: Bool[np.ndarray, "beat"]) -> "OutOfFold":
        """Those beats alone."""
        return OutOfFold(self.probabilities[which], self.labels[which], self.recordings[which], self.peaks[which])

    @classmethod
    def joined(cls, parts: Sequence["OutOfFold"]) -> "OutOfFold":
        """The beats of all parts, in their order; there must be one or more."""
        return cls(
            np.concatenate([part.probabilities for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.recordings for part in parts]),
            np.concatenate([part.peaks for part in parts]),
        )

    def logits_at(self, point: OperatingPoint | None) -> Float32[np.ndarray, "beat class"]:
        """The logits at an operating point, but for a constant of each beat."""
        logits = np.asarray(np.log(np.maximum(self.probabilities, 1e-12)), dtype=np.float32)
        return logits if point is None else point.applied_to(logits)

    def labels_at(self, point: OperatingPoint) -> Int64[np.ndarray, "beat"]:
        """The labels at an operating point, -1 for a beat that is not decided on."""
        labels = self.logits_at(point).argmax(axis=1)
        return np.where(np.isfinite(self.probabilities).all(axis=1), labels, -1)

    def score_at(self, point: OperatingPoint) -> Score:
        """The scores at an operating point."""
        return score(self.labels, self.labels_at(point))

    def each(self) -> Iterator[tuple[str, "OutOfFold"]]:
        """The name of each recording, and its beats."""
        for name in np.unique(self.recordings).tolist():
            yield name, self.select(self.recordings == name)

    def save(self, file: Path, labels: Int64[np.ndarray, "beat"]) -> None:
        """Write them as `training.data.predictions` reads them: with the labels decided on, -1 where none was."""
        np.savez(
            file,
            recordings=self.recordings,
            peaks=self.peaks,
            labels=labels,
            truth=self.labels,
            probabilities=self.probabilities,
        )

    @classmethod
    def load(cls, file: Path) -> "OutOfFold":
        """Read what `save` wrote. Raises UnexpectedData where the file is missing, or something else."""
        try:
            with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
                return cls(arrays["probabilities"], arrays["truth"], arrays["recordings"], arrays["peaks"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise UnexpectedData(
                f"{file} does not hold decisions out of fold ({error}); training leaves them in the run's folder"
            ) from error


def fold(examples: Dataset, group: Sequence[str], sharing: Sequence[Sequence[str]] = ()) -> Split:
    """Train on the patients of all other groups; validate, and test, on the recordings of this one as they are.

    Made recordings of patients who share beats with this group's (`sharing` are those who do) are left out too.
    """
    patients = np.char.rstrip(examples.recordings.astype(np.str_), MADE)
    inside, made = np.isin(patients, group), patients != examples.recordings
    with_beats_of_them = [name for names in sharing if set(names) & set(group) for name in names]
    trained = ~inside & ~(made & np.isin(patients, with_beats_of_them))
    held_out = examples.select(np.flatnonzero(inside & ~made))
    return Split(train=examples.select(np.flatnonzero(trained)), validation=held_out, test=held_out)


def fifths(
    recordings: np.ndarray,
) -> Iterator[tuple[Bool[np.ndarray, "beat"], Bool[np.ndarray, "beat"]]]:
    """The beats of each fifth of the patients, by the names of their recordings, and those of all others.

    A single patient is his own other.
    """
    names = np.unique(recordings)
    for part in range(min(5, len(names))):
        own = np.isin(recordings, names[part::5])
        yield own, ~own if len(names) > 1 else own


def whole(examples: Dataset) -> Split:
    """Train on all patients; validation, on their recordings as they are, shows only that nothing broke."""
    as_they_are = examples.select(np.flatnonzero(~np.char.endswith(examples.recordings.astype(np.str_), MADE)))
    return Split(train=examples, validation=as_they_are, test=as_they_are)


def crossvalidate(
    recipe: Recipe,
    examples: Dataset,
    groups: Sequence[Sequence[str]],
    read: Callable[[str], Recording],
    folder: Path,
    *,
    sharing: Sequence[Sequence[str]] = (),
    fresh: bool = False,
    device: torch.device,
) -> OutOfFold:
    """Train a network without each group, in `folder/fold1` and so on, and let it decide on the group's recordings.

    `read` gives the annotated recording of a name; `sharing` is as in `fold`. Raises what `train` raises.
    """
    parts = []
    for number, group in enumerate(groups, 1):
        split, place = fold(examples, group, sharing), folder / f"fold{number}"
        trainers = train_members(recipe, split, place, fresh=fresh, device=device)
        classifier = Classifier(network_of(recipe, trainers), recipe.architecture.solver)
        parts += [decide(classifier, read(name)) for name in group]
    return OutOfFold.joined(parts)


def decide(classifier: Classifier, recording: Recording) -> OutOfFold:
    """What a classifier says of a whole annotated recording, as it is served."""
    plan = Plan.of(classifier, "recording")
    beats = AnnotatedBeats.joined([part.beats for part in annotate_recording(plan, recording, choose_leads(recording))])
    probabilities = np.full((len(beats), len(LABELS)), np.nan)
    if beats.decisions is not None:
        probabilities[beats.found.good] = np.where(
            beats.decisions.solved[:, None], beats.decisions.probabilities, np.nan
        )
    labels = labels_at(beats.found.peaks, recording.beat_annotations(), recording.fs)
    return OutOfFold(probabilities, labels, np.full(len(beats), recording.name), beats.found.peaks)


def check_out_of_fold(info: CheckpointInfo, out: OutOfFold) -> None:
    """Raise UnexpectedData unless these decisions reach what the checkpoint says was reached out of fold."""
    point = info.operating_point or OperatingPoint(offsets=(0.0,) * len(LABELS))
    got, expected = out.score_at(point).confusion, info.figures["out_of_fold"]["confusion"]
    if got != expected:
        raise UnexpectedData(
            f"these decisions out of fold are not those of {info.name}: got the confusion matrix {got}, "
            f"expected {expected}"
        )


def choose_operating_point(out: OutOfFold) -> OperatingPoint:
    """The offsets with the largest sum of F1 of N, S and V, on beats that are decided on and marked.

    A fusion beat that is called V is no error of V's (ANSI/AAMI EC57), nor is one of Q of S's or V's.
    """
    candidates = [_point(s, v) for s in OFFSETS.tolist() for v in OFFSETS.tolist()]
    return max(candidates, key=lambda point: sum(_f1(out.labels, out.labels_at(point))))


def _point(s: float, v: float) -> OperatingPoint:
    given = {"S": s, "V": v, "F": FUSION_OFFSET}
    return OperatingPoint(offsets=tuple(given.get(label, 0.0) for label in LABELS))


def _f1(truth: Int64[np.ndarray, "beat"], labels: Int64[np.ndarray, "beat"]) -> list[float]:
    """Of N, S and V."""
    scores: list[float] = []
    for name in COUNTED:
        place = LABELS.index(name)
        forgiven = [LABELS.index(other) for other in {"S": "Q", "V": "FQ"}.get(name, "")]
        right = np.count_nonzero((truth == place) & (labels == place))
        said = np.count_nonzero((labels == place) & ~np.isin(truth, forgiven))
        there = np.count_nonzero(truth == place)
        scores.append(2.0 * float(right) / max(float(said + there), 1.0))
    return scores
