"""A training run, from its recipe to a checkpoint and its card, of one of two kinds.

A run of single beats learns from the training part of the benchmark's beats, is fitted on their validation part and
scored once on their test part. A run of whole recordings learns from all patients of the recipe's databases; what is
chosen, fitted and scored of it are decisions on patients who were left out in turn. A recipe's architecture decides of
which kind its run is, in `run_of` and nowhere else.
"""

import hashlib
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Int64

from ecg import LABELS, BeatsInContext, Label, choose_leads, cut_annotated_beats
from ecg.synthetic import synthesize
from models import Checkpoint, CheckpointInfo, Classifier
from models.checkpoint.info import LearntFrom
from models.checkpoint.preprocessing import preprocessing_of
from training.data.dataset import Dataset, Split, split
from training.data.groups import Group, extent_of, folds_of, groups_in, origins_of
from training.data.recordings import Added, entry_of, groups_of, with_added
from training.evaluation.evaluation import Evaluation, checkpoint_of, evaluate, evaluate_settings, split_of
from training.evaluation.out_of_fold import compare_out_of_fold
from training.evaluation.results import Model, Results
from training.learning.crossvalidation import (
    OUT_OF_FOLD,
    Folds,
    OutOfFold,
    check_out_of_fold,
    choose_operating_point,
    crossvalidate,
    figures_of,
    labels_by_others,
    whole,
)
from training.learning.loop import Trained, network_of, train_members, weights_of
from training.learning.recipe import Recipe
from training.measures.paired import STATED, Difference, over_beats, over_recordings
from training.measures.scores import Confidence, score, score_of
from training.posthoc.fit import Evidence, LeftOutPatients, ValidationPart, confidence_of, fit
from training.release.sources import Sources
from training.reports.card import beats_card, recordings_card
from training.reports.comparison import Reached
from training.reports.figures import draw_beats
from training.synthesis.examples import Synthesis, detected
from training.synthesis.store import AS_THEY_ARE

LIBRARIES = ("torch", "torchdiffeq", "numpy", "scipy", "safetensors")


@dataclass(frozen=True)
class BeatRun:
    """A run of single beats."""

    recipe: Recipe
    sources: Sources
    scored_on: ClassVar[str] = "test beats"

    def train(
        self, added: Sequence[Added], folder: Path, *, fresh: bool = False, device: torch.device, dial: bool = True
    ) -> Checkpoint:
        """Train on the training part with what is added, and score the test part. Raises what `loop.train` raises."""
        dataset = self.sources.benchmark()
        parts = split(dataset, self.recipe.split)
        if added:
            parts = with_added(parts, added)
        trained = train_members(self.recipe, lambda _: parts, folder, fresh=fresh, device=device)
        return self.export(trained, parts, dataset, added, dial=dial)

    def export(
        self,
        trained: Sequence[Trained],
        parts: Split,
        dataset: Dataset,
        added: Sequence[Added] = (),
        *,
        dial: bool = True,
    ) -> Checkpoint:
        """The checkpoint of what was trained. Here the test part is scored, and nothing is chosen by it."""
        classifier = Classifier(network_of(self.recipe, trained), self.recipe.architecture.solver)
        reached = score(parts.test.labels, classifier.classify(parts.test.beats).labels)
        figures = {"test_accuracy": reached.accuracy, "test_macro_f1": reached.macro_f1}
        reference = torch.from_numpy(reference_beats())
        checkpoint = _checkpoint(self.recipe, trained, classifier, reference, dataset.sha256, added, figures)
        return fit(checkpoint, ValidationPart(parts), dial=dial)

    def evidence(self, info: CheckpointInfo) -> Evidence:
        """What its checkpoint is fitted on anew: the parts of its beats."""
        return ValidationPart(split_of(info, self.sources.benchmark()))

    def evaluate(self, classifier: Classifier, *, sweep: bool) -> Evaluation:
        """What is reached on the test part, which every setting of the solver is tried on."""
        return evaluate(classifier, self._test_part(classifier), sweep=sweep)

    def draw(self, classifier: Classifier, folder: Path) -> None:
        """What is drawn of it alone: test beats."""
        draw_beats(self._test_part(classifier), folder / "beats.png")

    def _test_part(self, classifier: Classifier) -> Dataset:
        return split_of(checkpoint_of(classifier).info, self.sources.benchmark()).test

    def card(self, checkpoint: Checkpoint, results: Results) -> str:
        """The card of its checkpoint. Raises UnexpectedData where its own beats were not evaluated."""
        return beats_card(checkpoint.info, checkpoint.sha256, results.own, results.patients)

    def reached(self, info: CheckpointInfo) -> Reached:
        """What its checkpoint states of its test part."""
        name = self.recipe.split.replace("_", "-")
        return Reached(name, info.figures["test_accuracy"], info.figures["test_macro_f1"])

    @property
    def test(self) -> str:
        """What its figures are of: those of another test cannot be compared with them."""
        return f"beats of the split {self.recipe.split}"

    def confidence(self, model: Model) -> Confidence | None:
        """What its confidence is worth on the test part; None where that was not evaluated."""
        evaluation = model.results.beats
        return evaluation.confidence if evaluation else None

    def differences(self, candidate: Model, released: Model) -> dict[str, Difference]:
        """What cards state of labels, of two models on the same test beats."""
        tests = [self._test_part(model.classifier) for model in (candidate, released)]
        ours, theirs = (
            model.classifier.classify(test.beats).labels
            for model, test in zip((candidate, released), tests, strict=True)
        )
        return over_beats(tests[0].labels, ours, theirs, STATED)


@dataclass(frozen=True)
class RecordingRun:
    """A run of whole recordings."""

    recipe: Recipe
    sources: Sources
    scored_on: ClassVar[str] = "out of fold"

    def train(
        self, added: Sequence[Added], folder: Path, *, fresh: bool = False, device: torch.device, dial: bool = True
    ) -> Checkpoint:
        """Decide out of fold on the patients of all databases and those that are added, then train on all of them.

        What is decided is kept in the folder. Raises what `loop.train` raises, and MissingData.
        """
        groups = (*groups_in(self.recipe.databases, self.sources.data), *groups_of(added, self.sources.data))
        print(extent_of(groups), flush=True)
        for place in range(self.recipe.networks):
            self.sources.store.make(groups, self._synthesis(place))  # by all processes, before folds are trained
        read = partial(self.examples, groups)
        folds = Folds(self.recipe, folds_of(groups, self.recipe.folds), folder, device, fresh=fresh)
        out = crossvalidate(folds, read, self.sources.processes(device), train_on_all=True)
        out.save(folder / OUT_OF_FOLD, labels_by_others(out))
        trained = train_members(self.recipe, lambda place: whole(read(place)), folder, device=device)
        return self.export(trained, out, groups, added, dial=dial)

    def examples(self, groups: Sequence[Group], place: int) -> Dataset:
        """Those of the recipe's network at this place. Raises MissingData."""
        return self.sources.store.examples(groups, self._synthesis(place))

    def _synthesis(self, place: int) -> Synthesis:
        return self.recipe.each[place].examples or AS_THEY_ARE

    def export(
        self,
        trained: Sequence[Trained],
        out_of_fold: OutOfFold,
        groups: Sequence[Group],
        added: Sequence[Added] = (),
        *,
        dial: bool = True,
    ) -> Checkpoint:
        """The checkpoint of what was trained. Decisions out of fold, judged and marked, choose its operating point."""
        known = out_of_fold.known
        classifier = Classifier(
            network_of(self.recipe, trained),
            self.recipe.architecture.solver,
            operating_point=choose_operating_point(known),
        )
        reference = torch.from_numpy(reference_beats_in_context().values)
        compared = compare_out_of_fold(out_of_fold, labels_by_others(out_of_fold), groups)
        figures = figures_of(out_of_fold) | {
            "out_of_fold_compared": {
                database: {one.name: one.confusion.tolist() for one in comparisons}
                for database, comparisons in compared.items()
            }
        }
        plain = self.sources.store.as_they_are(groups, self._synthesis(0))
        learnt_from = origins_of(groups, plain)
        sha256 = _together([one.data_sha256 for one in trained])
        checkpoint = _checkpoint(self.recipe, trained, classifier, reference, sha256, added, figures, learnt_from)
        return fit(checkpoint, LeftOutPatients(known, plain), dial=dial)

    def evidence(self, info: CheckpointInfo) -> Evidence:
        """What its checkpoint is fitted on anew: the decisions out of fold that it was made with."""
        file = self.sources.out_of_fold or Path("runs") / info.name / OUT_OF_FOLD
        out_of_fold = OutOfFold.load(file)
        check_out_of_fold(info, out_of_fold)
        return LeftOutPatients(out_of_fold.known, self._as_they_are())

    def _as_they_are(self) -> Dataset:
        groups = groups_in(self.recipe.databases, self.sources.data)
        return self.sources.store.as_they_are(groups, self._synthesis(0))

    def evaluate(self, classifier: Classifier, *, sweep: bool) -> Evaluation:
        """What was reached out of fold; every setting of the solver is tried on beats that it has learnt from."""
        info = checkpoint_of(classifier).info
        evaluation = Evaluation(score_of(info.figures["out_of_fold"]), confidence=confidence_of(info))
        return evaluate_settings(classifier, self._as_they_are(), evaluation) if sweep else evaluation

    def draw(self, classifier: Classifier, folder: Path) -> None:
        """What is drawn of it alone: nothing."""

    def card(self, checkpoint: Checkpoint, results: Results) -> str:
        """The card of its checkpoint. Raises UnexpectedData where its own beats were not evaluated."""
        return recordings_card(checkpoint.info, checkpoint.sha256, results)

    def reached(self, info: CheckpointInfo) -> Reached:
        """What its checkpoint states of patients left out."""
        found = score_of(info.figures["out_of_fold"])
        return Reached("left out of training", found.accuracy, found.macro_f1)

    @property
    def test(self) -> str:
        """What its figures are of: those of another test cannot be compared with them."""
        return "recordings left out of training"

    def confidence(self, model: Model) -> Confidence | None:
        """What its confidence is worth out of fold; None where that was not fitted."""
        return confidence_of(model.checkpoint.info)

    def differences(self, candidate: Model, released: Model) -> dict[str, Difference]:
        """What cards state of labels, of recordings that both were cross-validated over; no others are compared."""
        info, other = candidate.checkpoint.info, released.checkpoint.info
        ours, theirs = _by_recording(info), _by_recording(other)
        if not theirs:
            added = info.added.names if info.added else ()
            own = [counts for name, counts in ours.items() if name not in added]
            total = np.array(score_of(other.figures["out_of_fold"]).confusion, np.int64)
            return over_recordings(own, total, STATED) if own else {}
        common = [name for name in theirs if name in ours]
        return over_recordings([ours[n] for n in common], [theirs[n] for n in common], STATED) if common else {}


TrainingRun = BeatRun | RecordingRun


def run_of(recipe: Recipe, sources: Sources | None = None) -> TrainingRun:
    """The run that a recipe asks for: only of an architecture that takes whole recordings it makes examples."""
    sources = sources or Sources()
    return RecordingRun(recipe, sources) if recipe.architecture.in_context else BeatRun(recipe, sources)


def _by_recording(info: CheckpointInfo) -> Mapping[str, Int64[np.ndarray, "true said"]]:
    """The confusion matrix of each recording out of fold; none of a checkpoint that has but their sum."""
    found = info.figures.get("out_of_fold_recordings", {})
    return {name: np.array(counts, np.int64) for name, counts in found.items()}


def _checkpoint(
    recipe: Recipe,
    trained: Sequence[Trained],
    classifier: Classifier,
    reference: torch.Tensor,
    data_sha256: str,
    added: Sequence[Added],
    figures: Mapping[str, Any],
    learnt_from: tuple[LearntFrom, ...] = (),
) -> Checkpoint:
    """A checkpoint to which nothing is fitted yet. Of a committee, the history is that of its first member."""
    first, network = trained[0], classifier.network
    info = CheckpointInfo(
        name=recipe.name,
        model_version=version("cardiode"),
        architecture=recipe.architecture,
        preprocessing=preprocessing_of(recipe.architecture),
        operating_point=classifier.operating_point,
        recipe=recipe.model_dump(mode="json"),
        data_sha256=data_sha256,
        learnt_from=learnt_from,
        added=entry_of(added) if added else None,
        seed=recipe.seed,
        commit=first.commit,
        hardware=_hardware(first.device),
        libraries={"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        figures={
            **figures,
            "parameters": sum(parameter.numel() for parameter in network.parameters()),
            "validation_macro_f1": first.kept.validation_macro_f1,
            "minutes_an_epoch": float(np.median([epoch.seconds for epoch in first.history])) / 60,
            "peak_memory_mb": max(epoch.peak_memory_mb for epoch in first.history),
        },
        history=[vars(epoch) for epoch in first.history],
    )
    unanswered = torch.zeros(len(reference), len(LABELS))
    return Checkpoint(info, weights_of(recipe, trained), reference, unanswered)


def _together(hashes: Sequence[str]) -> str:
    """The hash of what was learnt from: one for all networks, or that of several that differ."""
    first, *others = dict.fromkeys(hashes)
    return hashlib.sha256(" ".join([first, *others]).encode()).hexdigest() if others else first


def reference_beats() -> np.ndarray:
    """One synthetic beat of each class, `[5, 187]`: no recorded beat travels in a checkpoint."""
    share: dict[Label, float] = {"S": 0.2, "V": 0.2, "F": 0.2, "Q": 0.2}
    beats = cut_annotated_beats(synthesize(60, ectopic=share, seed=1))
    return np.stack([beats.values[beats.labels == place][0] for place in range(len(LABELS))])


def reference_beats_in_context() -> BeatsInContext:
    """Some synthetic beats of each class, in the context of a synthetic recording."""
    share: dict[Label, float] = {"S": 0.1, "V": 0.1, "F": 0.05, "Q": 0.05}
    recording = synthesize(120, ectopic=share, seed=1)
    _, beats = detected(recording, choose_leads(recording))
    return beats.select(np.arange(0, len(beats), 10))


def _hardware(device: torch.device) -> str:
    """What a run was trained on."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"{os.cpu_count()} CPU cores"
