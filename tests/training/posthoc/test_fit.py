import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from ecg import CONTEXT_LENGTH
from models import AUTO, Calibration, Classifier, Solver, Validated
from models.checkpoint import file as checkpoint_file
from models.checkpoint.abstention import ALL, LEAST
from training.data.dataset import Dataset
from training.learning.crossvalidation import OutOfFold
from training.measures.scores import Cell, reference_labels
from training.posthoc.fit import (
    CHEAP,
    COVERAGES,
    MISSED,
    PASSED,
    TIGHT,
    LeftOutPatients,
    ValidationPart,
    confidence_of,
    cross_entropy,
    fit,
    fit_abstention,
    fit_calibration,
    fit_dial,
    fit_novelty,
    fit_novelty_to_patients,
    validated,
)

CONFIDENCES = np.random.default_rng(0).beta(5, 1, 3000).astype(np.float32)

RNG = np.random.default_rng(0)
CENTRES = np.array([[0, 0, 0], [9, 0, 3]])
SPREAD = np.array([[1.0, 0.5, 0], [0, 2.0, 0], [0, 0, 0.1]])


@pytest.fixture(params=["odenet", "resnet"])
def checkpoint(request, checkpoints):
    return checkpoint_file.load(checkpoints[request.param])


def test_a_checkpoint_is_fitted_on_its_validation_part(checkpoint, small):
    fitted = fit(checkpoint, ValidationPart(small), dial=False)
    logits = Classifier.of(checkpoint).answer(small.validation.values).logits
    assert fitted.info.calibration == fit_calibration(logits, small.validation.labels)
    assert fitted.info.dial == checkpoint.info.dial and fitted.weights is checkpoint.weights


def test_what_it_was_fitted_with_before_does_not_matter(checkpoint, small):
    info = checkpoint.info.model_copy(update={"calibration": Calibration(temperature=3.0)})
    before = type(checkpoint)(info, checkpoint.weights, checkpoint.reference_beats, checkpoint.reference_probabilities)
    assert (
        fit(before, ValidationPart(small), dial=False).info == fit(checkpoint, ValidationPart(small), dial=False).info
    )


def test_a_fitted_checkpoint_is_served_and_labels_as_before(checkpoint, small, tmp_path):
    file = tmp_path / "fitted.safetensors"
    checkpoint_file.save(fit(checkpoint, ValidationPart(small), dial=False), file)
    before, after = (one.classify(small.test.values) for one in (Classifier.of(checkpoint), Classifier.load(file)))
    np.testing.assert_array_equal(before.labels, after.labels)


def test_the_dial_is_found_anew_where_that_is_asked_for(checkpoints, small):
    checkpoint = checkpoint_file.load(checkpoints["odenet"])
    assert fit(checkpoint, ValidationPart(small)).info.dial != checkpoint.info.dial


def test_what_is_unlike_training_is_fitted_and_abstained_on(checkpoint, small, tmp_path):
    file = tmp_path / "fitted.safetensors"
    checkpoint_file.save(fit(checkpoint, ValidationPart(small), dial=False), file)
    classifier = Classifier.load(file)
    share = np.mean([reason == "unlike_training" for reason in classifier.classify(small.validation.values).reasons])
    assert share == pytest.approx(1 - PASSED, abs=1 / len(small.validation))
    noise = np.random.default_rng(0).random((20, 187), dtype=np.float32)
    assert classifier.classify(noise).reasons.count("unlike_training") > 15


def test_a_coverage_can_be_asked_for_once_it_is_fitted(checkpoint, small):
    classifier = Classifier.of(fit(checkpoint, ValidationPart(small), dial=False))
    reasons = classifier.classify(small.validation.values, coverage=0.8).reasons
    assert reasons.count("low_confidence") == pytest.approx(0.2 * len(reasons), abs=2)


def test_a_network_that_has_learnt_from_all_patients_is_fitted_by_decisions_out_of_fold(rhythm_checkpoint, tmp_path):
    checkpoint, rng = checkpoint_file.load(rhythm_checkpoint), np.random.default_rng(0)
    recordings, labels = np.repeat(["a", "b", "c"], 40), rng.integers(0, 5, 120)
    values = rng.normal(0, 1, (120, CONTEXT_LENGTH)).astype(np.float32)
    examples = Dataset(values, labels, recordings)
    hot = softmax(np.eye(5)[labels] * 2 + rng.normal(0, 1, (120, 5)), axis=1)
    evidence = LeftOutPatients(OutOfFold(hot, labels, recordings, np.arange(120), np.full(120, "made")), examples)
    fitted = fit(checkpoint, evidence, dial=False)
    assert fitted.info.calibration == fit_calibration(np.log(hot).astype(np.float32), labels)
    told = confidence_of(fitted.info)
    assert sum(own.beats for own in told.reliability) == 120 and told.coverages[0].answered == 1
    checkpoint_file.save(fitted, tmp_path / "fitted.safetensors")
    assert Classifier.load(tmp_path / "fitted.safetensors").novelty.threshold == pytest.approx(fitted.novelty.threshold)


def drawn_at(temperature, beats=20_000, seed=0):
    """Logits, and classes drawn with the probabilities that they mean at a temperature."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4, (beats, 5)).astype(np.float32)
    shares = softmax(logits / temperature, axis=1).cumsum(axis=1)
    return logits, (rng.random((beats, 1)) > shares[:, :-1]).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_classes_were_drawn_at_is_found(temperature):
    assert fit_calibration(*drawn_at(temperature)).temperature == pytest.approx(temperature, rel=0.03)


def test_no_temperature_beside_it_has_less_cross_entropy():
    logits, truth = drawn_at(1.7)
    found = fit_calibration(logits, truth).temperature
    least = cross_entropy(logits / found, truth)
    assert all(least <= cross_entropy(logits / (found * factor), truth) for factor in (0.9, 0.99, 1.01, 1.1))


def test_labels_that_are_all_right_make_no_temperature_of_zero():
    logits = np.eye(5, dtype=np.float32)
    assert fit_calibration(logits, np.arange(5)).temperature == pytest.approx(0.05, rel=0.01)


def test_cross_entropy_is_that_of_the_definition():
    logits, truth = drawn_at(1.0, beats=50)
    shares = softmax(logits.astype(np.float64), axis=1)
    assert cross_entropy(logits, truth) == pytest.approx(-np.log(shares[np.arange(50), truth]).mean())


@pytest.mark.parametrize("coverage", COVERAGES)
def test_the_share_that_is_asked_for_has_the_confidence(coverage):
    needed = fit_abstention(CONFIDENCES).confidence(coverage)
    assert np.mean(needed <= CONFIDENCES) == pytest.approx(coverage, abs=1 / len(CONFIDENCES))


@given(st.floats(LEAST, ALL))
def test_so_it_is_between_two_coverages_of_the_table(coverage):
    needed = fit_abstention(CONFIDENCES).confidence(coverage)
    assert np.mean(needed <= CONFIDENCES) == pytest.approx(coverage, abs=0.004)


def test_a_network_that_is_always_sure_answers_everything():
    needed = fit_abstention(np.ones(50, np.float32))
    assert all(needed.confidence(coverage) <= 1 for coverage in COVERAGES)


def features_drawn(beats, seed):
    """Features of two classes of the same covariance, and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, beats)
    return (CENTRES[labels] + rng.normal(size=(beats, 3)) @ SPREAD).astype(np.float32), labels


def test_the_distance_is_that_of_mahalanobis_from_the_nearest_class():
    features, labels = features_drawn(20_000, 1)
    distances = fit_novelty(features, labels, features).distances(features[:50])
    precision = np.linalg.inv(SPREAD.T @ SPREAD)
    away = features[:50, None] - CENTRES
    expected = np.einsum("bci,ij,bcj->bc", away, precision, away).min(axis=1)
    np.testing.assert_allclose(distances, expected, rtol=0.1, atol=0.05)


def test_the_share_of_validation_beats_that_shall_pass_does():
    novelty = fit_novelty(*features_drawn(5000, 1), features_drawn(10_000, 2)[0])  # type: ignore[call-arg]
    assert np.mean(novelty.unlike_training(features_drawn(10_000, 2)[0])) == pytest.approx(1 - PASSED, abs=2e-4)
    assert np.mean(novelty.unlike_training(features_drawn(10_000, 3)[0])) == pytest.approx(1 - PASSED, abs=2e-3)


def test_what_is_far_from_every_class_is_unlike_training_and_so_is_what_is_no_number():
    novelty = fit_novelty(*features_drawn(5000, 1), features_drawn(5000, 2)[0])  # type: ignore[call-arg]
    strange = np.array([[4.5, 0, 1.5], [0, 0, 3], [np.nan, 0, 0], [np.inf, 0, 0]], np.float32)
    assert novelty.unlike_training(strange).all()
    assert not novelty.unlike_training(CENTRES.astype(np.float32)).any()


def test_without_a_validation_part_the_threshold_is_by_patients_that_were_not_fitted_to():
    features, labels = features_drawn(4000, 1)
    patients = np.repeat([f"{number}" for number in range(10)], 400)
    alike = fit_novelty_to_patients(features, labels, patients)
    shifts = np.repeat(RNG.normal(0, 3, (10, 3)), 400, axis=0).astype(np.float32)
    differing = fit_novelty_to_patients(features + shifts, labels, patients)
    np.testing.assert_array_equal(alike.means, fit_novelty(features, labels, features).means)
    assert differing.threshold > 2 * fit_novelty(features + shifts, labels, features + shifts).threshold
    assert alike.threshold < 2 * fit_novelty(features, labels, features).threshold


def test_a_feature_that_never_moves_does_no_harm():
    features, labels = features_drawn(2000, 1)
    still = np.concatenate([features, np.ones((2000, 1), np.float32)], axis=1)
    assert np.isfinite(fit_novelty(still, labels, still).distances(still)).all()


def cells(method, **agreements):
    return tuple(Cell(method, setting, 0.9, agreement, 10.0, 1.0) for setting, agreement in agreements["row"])


def test_a_method_is_validated_up_to_its_first_setting_that_does_not_agree():
    row = [(1e-1, 1.0), (1e-2, 0.99), (1e-3, 0.9995), (1e-4, 1.0)]
    assert validated(cells("dopri5", row=row), Solver()) == (Validated(method="dopri5", tolerances=(1e-4, 1e-3)),)


def test_a_method_that_never_agrees_is_not_validated():
    assert validated(cells("euler", row=[(1.0, 0.5), (0.5, 0.9)]), Solver()) == ()


def test_given_steps_and_the_tolerance_of_implicit_ones_are_validated():
    row = [(1.0, 0.5), (0.5, 1.0), (0.25, 1.0)]
    assert validated(cells("rk4", row=row), Solver()) == (Validated(method="rk4", steps=(0.25, 0.5)),)
    (implicit,) = validated(cells("crank_nicolson", row=row), Solver(rtol=1e-3, atol=1e-4))
    assert implicit.tolerances == (0.0, 1e-4)


@pytest.fixture(scope="module")
def dialled(checkpoints, small):
    odenet = Classifier.load(checkpoints["odenet"])
    return Classifier(odenet.network, odenet.solver, dial=fit_dial(odenet, small.validation))


def test_the_doubt_leaves_no_more_beats_missed_than_may_be(dialled, small):
    decisions = dialled.classify(small.validation.values, Solver(AUTO))
    tight = dialled.classify(small.validation.values, TIGHT).labels
    reference = reference_labels(dialled, small.validation)
    missed = (decisions.labels != reference) & ~decisions.receipts.tight
    assert missed.sum() <= MISSED * len(small.validation)
    assert (decisions.labels[decisions.receipts.tight] == tight[decisions.receipts.tight]).all()


def test_the_doubt_is_the_least_that_does(dialled, small):
    auto = dialled.dial.auto
    if auto.doubt == 0:
        cheap = dialled.classify(small.validation.values, CHEAP)
        assert np.array_equal(cheap.labels, reference_labels(dialled, small.validation))
        return
    less = Classifier(
        dialled.network,
        dialled.solver,
        dial=dialled.dial.model_copy(update={"auto": auto.model_copy(update={"doubt": 0.999 * auto.doubt})}),
    )
    decisions = less.classify(small.validation.values, Solver(AUTO))
    assert (decisions.labels != reference_labels(less, small.validation)).any()


def test_a_network_without_a_solver_has_no_dial(checkpoints, small):
    assert fit_dial(Classifier.load(checkpoints["resnet"]), small.validation) is None
