"""The gate of the zoo: small checks of a checkpoint, each of which says what was got and what was expected.

Some are of the checkpoint alone; the others hold its stated figures against those of the model that it would replace,
on the same beats or recordings. A figure falls short where it is lower by more than its interval: a difference that
another draw of beats, or of patients, might have turned round is none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from ecg import BeatsInContext
from ecg.scoring.intervals import Measure as MeasureOfRecordings
from models import AUTO, Checkpoint, Classifier
from models.classifier import REFERENCE_TOLERANCE
from training.data.dataset import Dataset, SplitName
from training.evaluation import worlds
from training.evaluation.evaluation import checkpoint_of, recipe_of, split_of
from training.evaluation.patients import AS_SERVED, Patients
from training.evaluation.worlds import Worlds
from training.measures.confidence import Confidence
from training.measures.label_scores import score_of
from training.measures.paired import STATED, Difference, Measure, over_beats, over_recordings
from training.measures.reliability import expected_calibration_error
from training.posthoc.fitting import confidence_of
from training.reports.patients import MEASURES
from training.table import table

CARD = "card.md"

CALIBRATION_ERRORS: Mapping[SplitName, float] = {"random": 0.01, "inter_patient": 0.04}
"""The largest expected calibration error. New patients differ from those it was fitted on more than beats do."""

OF_NEW_PATIENTS = ("accuracy, five classes", "F1 of N", "F1 of S", "F1 of V", "macro-F1 of N, S, V, F")
"""What is compared of whole recordings. Sensitivity and predictivity alone rise and fall with the operating point, one
at the other's cost; F1 has both."""


@dataclass(frozen=True)
class Check:
    """One thing that a checkpoint must be."""

    name: str
    got: str
    expected: str
    passed: bool


@dataclass(frozen=True)
class Model:
    """A classifier, and the folder with its card and figures, which need not be there."""

    classifier: Classifier
    folder: Path

    @property
    def checkpoint(self) -> Checkpoint:
        """What it was loaded from."""
        return checkpoint_of(self.classifier)

    @property
    def worlds(self) -> Worlds:
        """The figures beside its card."""
        return worlds.read(self.folder)


def check(candidate: Model, released: Model | None, benchmark: Callable[[], Dataset]) -> list[Check]:
    """Every check of a candidate for the zoo; `released` is the model that it would replace, None where there is none.

    `benchmark` gives the beats of mitdb, whose test part both are scored on where they take beats by themselves. Raises
    UnexpectedData where these are not the beats that they were trained on, or a file beside a card is something else.
    """
    found = [one(candidate) for one in ABSOLUTE]
    if released is None:
        return found
    kind = _same_test(candidate, released)
    found.append(kind)
    if kind.passed:
        found += _figures(candidate, released, benchmark)
        found += _new_patients(candidate.worlds.patients, released.worlds.patients)
    return found


def reference_beats(candidate: Model) -> Check:
    """That it answers its reference beats as it must."""
    checkpoint = candidate.checkpoint
    beats, expected = checkpoint.reference_beats.numpy(), checkpoint.reference_probabilities.numpy()
    asked = BeatsInContext(beats) if candidate.classifier.in_context else beats
    off = float(np.abs(candidate.classifier.classify(asked).probabilities - expected).max())
    return Check(
        "reference beats",
        f"{len(beats)} answered, off by {off:.1g} at most",
        f"off by {REFERENCE_TOLERANCE:g} at most",
        off <= REFERENCE_TOLERANCE,
    )


def solver_grid(candidate: Model) -> Check:
    """That its solver was tried: by its own settings it is validated, and `auto` was calibrated."""
    solver, dial = candidate.classifier.solver, candidate.checkpoint.info.dial
    name = "solver grid"
    if solver is None:
        return Check(name, "no solver", "-", True)
    expected = f"{solver.method} at {solver.rtol:g} validated, and {AUTO}"
    if dial is None:
        return Check(name, "nothing validated", expected, False)
    got = f"{len(dial.validated)} methods validated, {'' if dial.auto else 'no '}{AUTO}"
    if not dial.covers(solver):
        got += f", not {solver.method} at {solver.rtol:g}"
    return Check(name, got, expected, dial.covers(solver) and dial.auto is not None)


def own_card(candidate: Model) -> Check:
    """That its card is there, and is that of this very file."""
    sha256, file = candidate.checkpoint.sha256[:12], candidate.folder / CARD
    expected = f"one of the checkpoint {sha256}: python -m training evaluate"
    if not file.exists():
        return Check("card", f"none in {candidate.folder}", expected, False)
    own = f"checkpoint `{sha256}`" in file.read_text()
    return Check("card", f"{file}{'' if own else ' is of another checkpoint'}", expected, own)


def calibration(candidate: Model) -> Check:
    """That its probabilities mean what they say, on the test part or out of fold."""
    info = candidate.checkpoint.info
    confidence = confidence_of(info) if candidate.classifier.in_context else _on_test_beats(candidate.worlds)
    most = CALIBRATION_ERRORS[recipe_of(info).split]
    expected = f"a calibration error of {most:g} at most"
    if confidence is None:
        return Check("calibration", "not measured", f"{expected}: python -m training fit, then evaluate", False)
    error = expected_calibration_error(confidence.reliability)
    return Check("calibration", f"{error:.4f}", expected, error <= most)


def _on_test_beats(figures: Worlds) -> Confidence | None:
    return figures.beats.confidence if figures.beats else None


ABSOLUTE: Sequence[Callable[[Model], Check]] = (reference_beats, solver_grid, calibration, own_card)
"""What a checkpoint must be whatever the zoo has."""


def _same_test(candidate: Model, released: Model) -> Check:
    """That figures of both are of the same test."""
    got, expected = _test_of(candidate), _test_of(released)
    return Check("what it is tested on", got, expected, got == expected)


def _test_of(model: Model) -> str:
    if model.classifier.in_context:
        return "recordings left out of training"
    return f"beats of the split {recipe_of(model.checkpoint.info).split}"


def _figures(candidate: Model, released: Model, benchmark: Callable[[], Dataset]) -> list[Check]:
    """What cards state of labels: of the test part, or out of fold."""
    if candidate.classifier.in_context:
        return _checks("out of fold: ", _out_of_fold(candidate.checkpoint, released.checkpoint))
    beats = benchmark()
    tests = [split_of(model.checkpoint.info, beats).test for model in (candidate, released)]
    ours, theirs = (
        model.classifier.classify(test.beats).labels for model, test in zip((candidate, released), tests, strict=True)
    )
    return _checks("test beats: ", over_beats(tests[0].labels, ours, theirs, STATED))


def _out_of_fold(candidate: Checkpoint, released: Checkpoint) -> dict[str, Difference]:
    """Of recordings that both were cross-validated over; recordings that were added to one are not compared."""
    ours, theirs = (_by_recording(checkpoint) for checkpoint in (candidate, released))
    if theirs is None:
        added = candidate.info.added
        own = {name: counts for name, counts in (ours or {}).items() if not added or name not in added.names}
        total = np.array(score_of(released.info.figures["out_of_fold"]).confusion, np.int64)
        return over_recordings(list(own.values()), total, STATED) if own else {}
    common = [name for name in theirs if name in (ours or {})]
    if ours is None or not common:
        return {}
    return over_recordings([ours[name] for name in common], [theirs[name] for name in common], STATED)


def _by_recording(checkpoint: Checkpoint) -> dict[str, Int64[np.ndarray, "true said"]] | None:
    """The confusion matrix of each recording out of fold; None of a checkpoint that does not tell."""
    told = checkpoint.info.figures.get("out_of_fold_recordings")
    return {name: np.array(counts, np.int64) for name, counts in told.items()} if told else None


def _new_patients(ours: Patients | None, theirs: Patients | None) -> list[Check]:
    """What both reach on the same whole recordings of new patients, as it is served; nothing where one was not tried.

    Of a network that knows all patients these are its sibling's figures, as on its card.
    """
    if ours is None or theirs is None:
        return []
    if ours.recordings != theirs.recordings:
        return [
            Check("new patients", ", ".join(ours.recordings), f"the recordings {', '.join(theirs.recordings)}", False)
        ]
    own, other = ([one.confusion for one in patients.views[AS_SERVED]] for patients in (ours, theirs))
    measures = {name: _of_each(MEASURES[name]) for name in OF_NEW_PATIENTS}
    return _checks("new patients: ", over_recordings(own, other, measures))


def _of_each(measure: MeasureOfRecordings) -> Measure:
    """A measure of `ecg.scoring`, of each of many matrices as if of one recording."""
    return lambda confusions: measure(confusions[:, np.newaxis])


def _checks(what: str, differences: Mapping[str, Difference]) -> list[Check]:
    if not differences:
        return [Check(f"{what}figures", "none that the released model has too", "the same figures", False)]
    return [
        Check(
            f"{what}{name}",
            f"{found.ours:.2%}{_bounds(found)}",
            f"{found.theirs:.2%}, or lower by chance",
            not found.worse,
        )
        for name, found in differences.items()
    ]


def _bounds(found: Difference) -> str:
    if found.low is None or found.high is None:
        return ""
    return f" ({100 * found.low:+.2f} to {100 * found.high:+.2f})"


def checks_table(checks: Sequence[Check]) -> str:
    """A line for each check; in brackets the bounds, with 95 % confidence, of what a figure has more, in points."""
    rows = [[one.name, one.got, one.expected, "passed" if one.passed else "FALLS SHORT"] for one in checks]
    return table(["check", "got", "expected", ""], rows)
