import numpy as np
import pytest

from models import Calibration, Classifier
from models import checkpoint as checkpoint_file
from training.calibration import fit_calibration
from training.fitting import fit


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
