import json

import numpy as np
import pytest

from ecg.scoring import Comparison
from training.errors import UnexpectedData
from training.evaluation import patients_file
from training.evaluation.patients import VIEWS, Patients
from training.measures.confidence import Confidence, Covered
from training.measures.reliability import Bin

CONFIDENCE = Confidence((Bin(0.6, 0.5, 4), Bin(0.9, 0.9, 20)), (Covered(1.0, 1.0, 0.2), Covered(0.5, 0.0, None)), 0.01)


def made(seed=0, recordings=3, name="made", confidence=None):
    rng = np.random.default_rng(seed)
    views = {
        view: [
            Comparison(f"r{number}", rng.integers(0, 100, (7, 7)), 1.5 if number else None, 7)
            for number in range(recordings)
        ]
        for view in VIEWS
    }
    return Patients(name, "0123456789abcdef", views, confidence)


@pytest.mark.parametrize("confidence", [None, CONFIDENCE])
def test_what_is_written_is_read(tmp_path, confidence):
    patients, file = made(confidence=confidence), tmp_path / "patients.json"
    patients_file.write(patients, file)
    read = patients_file.read(file)
    assert (read.name, read.sha256, list(read.views)) == (patients.name, patients.sha256, list(patients.views))
    assert read.confidence == confidence
    for view, comparisons in patients.views.items():
        for one, other in zip(comparisons, read.views[view], strict=True):
            np.testing.assert_array_equal(one.confusion, other.confusion)
            assert (one.name, one.interval_error, one.shutdown) == (other.name, other.interval_error, other.shutdown)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("views"),
        lambda content: content["views"].pop(),
        lambda content: content.update(classes="NSVFQ"),
        lambda content: content["views"][0]["recordings"][0]["confusion"].pop(),
        lambda content: content["views"][0]["recordings"][0].update(confusion="no"),
    ],
)
def test_what_is_something_else_is_refused(tmp_path, change):
    file = tmp_path / "patients.json"
    patients_file.write(made(), file)
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    with pytest.raises(UnexpectedData, match=r"patients\.json .* make it anew"):
        patients_file.read(file)


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "damaged.json").write_text("{")
    for name in ("missing.json", "damaged.json"):
        with pytest.raises(UnexpectedData, match=name):
            patients_file.read(tmp_path / name)
