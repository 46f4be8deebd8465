"""The gate of the zoo: small checks of a checkpoint, each of which says what was got and what was expected.

Some are of the checkpoint alone; the others hold its stated figures against those of the model that it would replace,
on the same beats or recordings. A figure falls short where it is lower by more than its interval: a difference that
another draw of beats, or of patients, might have turned round is none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ecg.scoring.intervals import Measure as MeasureOfRecordings
from models import AUTO
from models.classifier import REFERENCE_TOLERANCE
from training.data.dataset import SplitName
from training.evaluation.evaluation import recipe_of
from training.evaluation.patients import AS_SERVED, Patients
from training.evaluation.results import Model
from training.measures.paired import Difference, Measure, over_recordings
from training.measures.scores import expected_calibration_error
from training.release.run import run_of
from training.release.sources import Sources
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


def check(candidate: Model, released: Model | None, sources: Sources) -> list[Check]:
    """Every check of a candidate for the zoo; `released` is the model that it would replace, None where there is none.

    `sources` give the beats of mitdb, whose test part both are scored on where they take beats by themselves. Raises
    UnexpectedData where these are not the beats that they were trained on, or a file beside a card is something else.
    """
    found = [one(candidate) for one in ABSOLUTE]
    if released is None:
        return found
    run, other = (run_of(recipe_of(model.checkpoint.info), sources) for model in (candidate, released))
    same_test = Check("what it is tested on", run.test, other.test, run.test == other.test)
    found.append(same_test)
    if same_test.passed:
        found += _checks(f"{run.scored_on}: ", run.differences(candidate, released))
        found += _new_patients(candidate.results.patients, released.results.patients)
    return found


def reference_beats(candidate: Model) -> Check:
    """That it answers its reference beats as it must."""
    checkpoint = candidate.checkpoint
    expected = checkpoint.reference_probabilities.numpy()
    off = float(np.abs(candidate.classifier.classify(checkpoint.reference).probabilities - expected).max())
    return Check(
        "reference beats",
        f"{len(expected)} answered, off by {off:.1g} at most",
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
    expected = f"one of the checkpoint {sha256}: cardiode evaluate"
    if not file.exists():
        return Check("card", f"none in {candidate.folder}", expected, False)
    own = f"checkpoint `{sha256}`" in file.read_text()
    return Check("card", f"{file}{'' if own else ' is of another checkpoint'}", expected, own)


def calibration(candidate: Model) -> Check:
    """That its probabilities mean what they say, on the test part or out of fold."""
    recipe = recipe_of(candidate.checkpoint.info)
    confidence = run_of(recipe).confidence(candidate)
    most = CALIBRATION_ERRORS["inter_patient" if recipe.architecture.in_context else recipe.split]
    expected = f"a calibration error of {most:g} at most"
    if confidence is None:
        return Check("calibration", "not measured", f"{expected}: cardiode fit, then evaluate", False)
    error = expected_calibration_error(confidence.reliability)
    return Check("calibration", f"{error:.4f}", expected, error <= most)


ABSOLUTE: Sequence[Callable[[Model], Check]] = (reference_beats, solver_grid, calibration, own_card)
"""What a checkpoint must be whatever the zoo has."""


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
