import numpy as np
import pytest
from scipy.special import softmax

from ecg import CONTEXT_LENGTH
from models import Calibration, Classifier
from models.checkpoint import file as checkpoint_file
from training.data.dataset import Dataset
from training.learning.crossvalidation import OutOfFold, whole
from training.posthoc.calibration import fit_calibration
from training.posthoc.fitting import confidence_of, fit
from training.posthoc.novelty import PASSED


@pytest.fixture(params=["odenet", "resnet"])
def checkpoint(request, checkpoints):
    return checkpoint_file.load(checkpoints[request.param])


def test_a_checkpoint_is_fitted_on_its_validation_part(checkpoint, small):
    fitted = fit(checkpoint, small, dial=False)
    logits = Classifier.of(checkpoint).answer(small.validation.values).logits
    assert fitted.info.calibration == fit_calibration(logits, small.validation.labels)
    assert fitted.info.dial == checkpoint.info.dial and fitted.weights is checkpoint.weights


def test_what_it_was_fitted_with_before_does_not_matter(checkpoint, small):
    info = checkpoint.info.model_copy(update={"calibration": Calibration(temperature=3.0)})
    before = type(checkpoint)(info, checkpoint.weights, checkpoint.reference_beats, checkpoint.reference_probabilities)
    assert fit(before, small, dial=False).info == fit(checkpoint, small, dial=False).info


def test_a_fitted_checkpoint_is_served_and_labels_as_before(checkpoint, small, tmp_path):
    file = tmp_path / "fitted.safetensors"
    checkpoint_file.save(fit(checkpoint, small, dial=False), file)
    before, after = (one.classify(small.test.values) for one in (Classifier.of(checkpoint), Classifier.load(file)))
    np.testing.assert_array_equal(before.labels, after.labels)


def test_the_dial_is_found_anew_where_that_is_asked_for(checkpoints, small):
    checkpoint = checkpoint_file.load(checkpoints["odenet"])
    assert fit(checkpoint, small).info.dial != checkpoint.info.dial


def test_what_is_unlike_training_is_fitted_and_abstained_on(checkpoint, small, tmp_path):
    file = tmp_path / "fitted.safetensors"
    checkpoint_file.save(fit(checkpoint, small, dial=False), file)
    classifier = Classifier.load(file)
    share = np.mean([reason == "unlike_training" for reason in classifier.classify(small.validation.values).reasons])
    assert share == pytest.approx(1 - PASSED, abs=1 / len(small.validation))
    noise = np.random.default_rng(0).random((20, 187), dtype=np.float32)
    assert classifier.classify(noise).reasons.count("unlike_training") > 15


def test_a_coverage_can_be_asked_for_once_it_is_fitted(checkpoint, small):
    classifier = Classifier.of(fit(checkpoint, small, dial=False))
    reasons = classifier.classify(small.validation.values, coverage=0.8).reasons
    assert reasons.count("low_confidence") == pytest.approx(0.2 * len(reasons), abs=2)


def test_a_network_that_has_learnt_from_all_patients_is_fitted_by_decisions_out_of_fold(rhythm_checkpoint, tmp_path):
    checkpoint, rng = checkpoint_file.load(rhythm_checkpoint), np.random.default_rng(0)
    recordings, labels = np.repeat(["a", "b", "c"], 40), rng.integers(0, 5, 120)
    values = rng.normal(0, 1, (120, CONTEXT_LENGTH)).astype(np.float32)
    examples = Dataset(values, labels, recordings)
    hot = softmax(np.eye(5)[labels] * 2 + rng.normal(0, 1, (120, 5)), axis=1)
    fitted = fit(checkpoint, whole(examples), OutOfFold(hot, labels, recordings, np.arange(120)), dial=False)
    assert fitted.info.calibration == fit_calibration(np.log(hot).astype(np.float32), labels)
    told = confidence_of(fitted.info)
    assert sum(own.beats for own in told.reliability) == 120 and told.coverages[0].answered == 1
    checkpoint_file.save(fitted, tmp_path / "fitted.safetensors")
    assert Classifier.load(tmp_path / "fitted.safetensors").novelty.threshold == pytest.approx(fitted.novelty.threshold)
