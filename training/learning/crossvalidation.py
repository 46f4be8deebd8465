"""Cross-validation over patients: what is chosen is chosen on beats of patients that the network has not seen.

Each fold of patients is left out in turn; a network that learns from the others decides on the fold's recordings.
All these decisions together, out of fold, show where to operate: what to add to the logits, class by class.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from jaxtyping import Bool, Float32, Float64, Int64
from tqdm import tqdm

from ecg import LABELS, Label, Recording, choose_leads
from ecg.matching import labels_at
from models import AnnotatedBeats, CheckpointInfo, Classifier, OperatingPoint, Plan, annotate_recording
from models.process import keep_freed_memory, use_one_core
from training.data.databases import DATABASES
from training.data.dataset import MADE, WEAK, Dataset, Split
from training.data.groups import Group
from training.errors import UnexpectedData
from training.learning.loop import folder_of, network_of, train, train_members
from training.learning.recipe import Recipe
from training.measures.scores import Score, score

OFFSETS = np.arange(-5.0, 1.51, 0.25)
"""Tried for the logits of S and V; those of N stay as they are."""
FUSION_OFFSET = -2.0
"""F is learnt from one patient's beats: it is said only where little else can be."""
COUNTED: tuple[Label, ...] = ("N", "S", "V")

SHOWN = 4_000
"""Beats that are scored after each epoch."""

FIELDS = ("probabilities", "labels", "recordings", "peaks", "databases")

OUT_OF_FOLD = "out_of_fold.npz"
"""What the decisions are called within a run's folder."""


@dataclass(frozen=True)
class OutOfFold:
    """The beats found in the recordings of all folds, with what the network says that had not seen their patient.

    `probabilities` are NaN for a beat that is not decided on, since it cannot be judged. `labels` are those of the
    reference, as indices of `LABELS`, -1 where it marks no beat. `peaks` are samples at the recording's own rate, and
    `databases` the names of those that recordings are of.
    """

    probabilities: Float64[np.ndarray, "beat class"]
    labels: Int64[np.ndarray, "beat"]
    recordings: np.ndarray
    peaks: Int64[np.ndarray, "beat"]
    databases: np.ndarray

    @property
    def known(self) -> "OutOfFold":
        """The beats that are decided on and marked, each by itself: what is chosen, is chosen on them."""
        return self.select(np.isfinite(self.probabilities).all(axis=1) & (self.labels >= 0) & ~self.weak)

    @property
    def weak(self) -> Bool[np.ndarray, "beat"]:
        """The beats of recordings that are labelled as a whole."""
        return np.isin(self.databases, [database.name for database in DATABASES.values() if database.weak])

    def select(self, which: Bool[np.ndarray, "beat"]) -> "OutOfFold":
        """Those beats alone."""
        return OutOfFold(*(getattr(self, name)[which] for name in FIELDS))

    @classmethod
    def joined(cls, parts: Sequence["OutOfFold"]) -> "OutOfFold":
        """The beats of all parts, in their order; there must be one or more."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in FIELDS))

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

    def each_database(self) -> Iterator[tuple[str, "OutOfFold"]]:
        """The name of each database, and the beats of its recordings."""
        for name in np.unique(self.databases).tolist():
            yield name, self.select(self.databases == name)

    def save(self, file: Path, labels: Int64[np.ndarray, "beat"]) -> None:
        """Write them as `training.data.predictions` reads them: with the labels decided on, -1 where none was."""
        np.savez(
            file,
            recordings=self.recordings,
            peaks=self.peaks,
            labels=labels,
            truth=self.labels,
            probabilities=self.probabilities,
            databases=self.databases,
        )

    @classmethod
    def load(cls, file: Path) -> "OutOfFold":
        """Read what `save` wrote. Raises UnexpectedData where the file is missing, or something else."""
        try:
            with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
                return cls(
                    arrays["probabilities"],
                    arrays["truth"],
                    arrays["recordings"],
                    arrays["peaks"],
                    arrays["databases"],
                )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise UnexpectedData(
                f"{file} does not hold decisions out of fold ({error}); training leaves them in the run's folder"
            ) from error


def fold(examples: Dataset, names: Sequence[str], sharing: Sequence[Sequence[str]] = ()) -> Split:
    """Train on all recordings but these; validate, and test, on these as they are.

    Made recordings of patients who share beats with these (`sharing` are those who do) are left out too.
    """
    origins, origin = np.unique(examples.recordings, return_inverse=True)
    plain = [name.rstrip(MADE + WEAK) for name in origins.tolist()]
    shared = {other for group in sharing if set(group) & set(names) for other in group}
    inside = np.isin(plain, list(names))
    made = np.array([name.endswith(MADE) for name in origins.tolist()])
    trained = ~inside & ~(made & np.isin(plain, list(shared)))
    held_out = shown(examples.select(np.flatnonzero((inside & ~made)[origin])))
    return Split(train=examples.select(np.flatnonzero(trained[origin])), validation=held_out, test=held_out)


def shown(beats: Dataset) -> Dataset:
    """Some of the beats, evenly drawn: after each epoch they show whether it learns, and nothing is chosen by them."""
    return beats.select(np.unique(np.linspace(0, len(beats) - 1, SHOWN).astype(np.int64)))


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
    as_they_are = shown(examples.as_they_are)
    return Split(train=examples, validation=as_they_are, test=as_they_are)


@dataclass(frozen=True)
class Folds:
    """What cross-validation trains by: a recipe, and where the network of each fold is kept, `folder/fold1` and so on.

    `sharing` is as in `fold`; `fresh` forgets what earlier runs left there. `examples` gives those of the recipe's
    network at a place.
    """

    recipe: Recipe
    folds: Sequence[Sequence[Group]]
    folder: Path
    device: torch.device
    sharing: Sequence[Sequence[str]] = ()
    fresh: bool = False

    def decide(self, examples: Callable[[int], Dataset], place: int) -> OutOfFold:
        """Train without the fold at this place, and let what was trained decide on the fold's recordings."""
        groups, folder = self.folds[place], self.folder / f"fold{place + 1}"
        names = [name for group in groups for name in group.names]

        def split(network: int) -> Split:
            return fold(examples(network), names, self.sharing)

        trained = train_members(self.recipe, split, folder, fresh=self.fresh, device=self.device)
        classifier = Classifier(network_of(self.recipe, trained), self.recipe.architecture.solver)
        return OutOfFold.joined([decide(classifier, group) for group in groups])

    def train_on_all(self, examples: Callable[[int], Dataset], place: int) -> None:
        """Train the recipe's network at this place on all patients; `train_members` finds it in the folder."""
        folder = folder_of(self.recipe, self.folder, place)
        train(self.recipe.each[place], whole(examples(place)), folder, fresh=self.fresh, device=self.device)


def crossvalidate(
    folds: Folds, examples: Callable[[int], Dataset], processes: int = 1, *, train_on_all: bool = False
) -> OutOfFold:
    """The decisions on all folds; so many networks are trained at once, each on one core.

    `examples` gives those of all folds for the recipe's network at a place, in each process anew, so it must be
    picklable where there are several. With `train_on_all` the networks that leave nobody out are trained beside the
    folds. Raises what `train` raises.
    """
    places = range(len(folds.folds))
    networks = range(folds.recipe.networks if train_on_all else 0)
    if processes < 2:
        out = OutOfFold.joined([folds.decide(examples, place) for place in places])
        for network in networks:
            folds.train_on_all(examples, network)
        return out
    pool = ProcessPoolExecutor(min(processes, len(places) + len(networks)), get_context("spawn"), initializer=_begin)
    with pool:
        decided = [pool.submit(folds.decide, examples, place) for place in places]
        trained = [pool.submit(folds.train_on_all, examples, network) for network in networks]
        out = OutOfFold.joined([decisions.result() for decisions in decided])
        for training in trained:
            training.result()
        return out


def _begin() -> None:
    use_one_core()
    keep_freed_memory()


def decide(classifier: Classifier, group: Group) -> OutOfFold:
    """What a classifier says of the recordings of a group, as they are served."""
    weak = group.weak_labels() if group.database.weak else {}
    recordings = tqdm(group.read(), desc="deciding", total=len(group.names), unit="recording", disable=None)
    return OutOfFold.joined([_decide(classifier, group, one, weak.get(one.name)) for one in recordings])


def _decide(classifier: Classifier, group: Group, recording: Recording, weak: Label | None) -> OutOfFold:
    plan = Plan.of(classifier, "recording")
    beats = AnnotatedBeats.joined([part.beats for part in annotate_recording(plan, recording, choose_leads(recording))])
    probabilities = np.full((len(beats), len(LABELS)), np.nan)
    if beats.decisions is not None:
        probabilities[beats.found.good] = np.where(
            beats.decisions.solved[:, None], beats.decisions.probabilities, np.nan
        )
    if weak is None:
        labels = labels_at(beats.found.peaks, recording.beat_annotations(), recording.fs)
    else:
        labels = np.full(len(beats), LABELS.index(weak))
    names, databases = (np.full(len(beats), name) for name in (recording.name, group.database.name))
    return OutOfFold(probabilities, labels, names, beats.found.peaks, databases)


def labels_by_others(out: OutOfFold) -> Int64[np.ndarray, "beat"]:
    """The labels at operating points that were chosen on beats of other patients, -1 where none was decided on."""
    labels = np.full(len(out.labels), -1)
    for own, others in fifths(out.recordings):
        labels[own] = out.select(own).labels_at(choose_operating_point(out.select(others).known))
    return labels


def figures_of(out: OutOfFold) -> dict[str, Any]:
    """What a checkpoint keeps of decisions out of fold, at operating points that were chosen on other patients.

    Of beats that are judged and marked, a score, and the confusion of each recording; of recordings that are labelled
    as a whole, by database, how many beats there are, and how many of them got each label.
    """
    labels = labels_by_others(out)
    known = (labels >= 0) & (out.labels >= 0) & ~out.weak
    truth, said, recordings = out.labels[known], labels[known], out.recordings[known]
    weak = {}
    for name in np.unique(out.databases[out.weak]).tolist():
        own = out.databases == name
        weak[name] = [int(own.sum()), *(int((labels[own] == place).sum()) for place in range(len(LABELS)))]
    return {
        "out_of_fold": asdict(score(truth, said)),
        "out_of_fold_recordings": {
            name: score(truth[recordings == name], said[recordings == name]).confusion
            for name in np.unique(recordings).tolist()
        },
        "out_of_fold_weak": weak,
    }


def check_out_of_fold(info: CheckpointInfo, out: OutOfFold) -> None:
    """Raise UnexpectedData unless these decisions reach what the checkpoint says was reached out of fold."""
    got, expected = figures_of(out)["out_of_fold"]["confusion"], info.figures["out_of_fold"]["confusion"]
    if [list(row) for row in got] != [list(row) for row in expected]:
        raise UnexpectedData(
            f"these decisions out of fold are not those of {info.name}: got the confusion matrix {got}, "
            f"expected {expected}"
        )


def choose_operating_point(out: OutOfFold) -> OperatingPoint:
    """The offsets with the largest sum of F1 of N, S and V, on beats that are decided on and marked.

    It is the sum over databases: the largest one, or that with most ectopic beats, does not decide for the others. A
    fusion beat that is called V is no error of V's (ANSI/AAMI EC57), nor is one of Q of S's or V's.
    """
    databases = [_Margins.of(own) for _, own in out.each_database()]
    candidates = [(s, v) for s in OFFSETS.tolist() for v in OFFSETS.tolist()]
    s, v = max(candidates, key=lambda offsets: sum(own.sum_of_f1(*offsets) for own in databases))
    given = {"S": s, "V": v, "F": FUSION_OFFSET}
    return OperatingPoint(offsets=tuple(given.get(label, 0.0) for label in LABELS))


@dataclass(frozen=True)
class _Margins:
    """How far the logits of S and of V are above the largest of the others; whether that is N's; and what beats are.

    `counted` are the beats that are an error of S's, or of V's, where they are called so.
    """

    s: Float32[np.ndarray, "beat"]
    v: Float32[np.ndarray, "beat"]
    else_n: Bool[np.ndarray, "beat"]
    truth: Mapping[Label, Bool[np.ndarray, "beat"]]
    counted: Mapping[Label, Bool[np.ndarray, "beat"]]

    @classmethod
    def of(cls, out: OutOfFold) -> "_Margins":
        """Of beats that are decided on and marked."""
        logits = out.logits_at(None)
        logits[:, LABELS.index("F")] += FUSION_OFFSET
        n, s, v = (logits[:, LABELS.index(name)] for name in COUNTED)
        others = np.delete(logits, [LABELS.index("S"), LABELS.index("V")], axis=1).max(axis=1)
        truth = {name: out.labels == LABELS.index(name) for name in LABELS}
        counted: dict[Label, Bool[np.ndarray, "beat"]] = {
            "N": np.ones(len(n), np.bool_),
            "S": ~truth["Q"],
            "V": ~(truth["F"] | truth["Q"]),
        }
        return cls(s - others, v - others, n == others, truth, counted)

    def sum_of_f1(self, s: float, v: float) -> float:
        """That of N, S and V, with these offsets of the logits of S and V."""
        of_s, of_v = self.s + np.float32(s), self.v + np.float32(v)
        called_s = (of_s > 0) & (of_s >= of_v)
        called_v = (of_v > 0) & ~called_s
        called: dict[Label, Bool[np.ndarray, "beat"]] = {
            "N": self.else_n & ~called_s & ~called_v,
            "S": called_s,
            "V": called_v,
        }
        return sum(self._f1(name, called[name]) for name in COUNTED)

    def _f1(self, name: Label, called: Bool[np.ndarray, "beat"]) -> float:
        right, said, there = (
            int(np.count_nonzero(which))
            for which in (called & self.truth[name], called & self.counted[name], self.truth[name])
        )
        return 2.0 * right / max(said + there, 1)
