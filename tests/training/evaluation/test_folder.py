import json

import numpy as np
import pytest

from ecg.formats import wfdb
from ecg.synthetic import synthesize
from models import Classifier
from models.checkpoint.info import AddedRecordings
from tests.training.synthetic import write_wfdb
from training.errors import MissingData, UnexpectedData
from training.evaluation.folder import MEASURES, NOT_JUDGED, FolderResults, evaluate_folder, known_of
from training.evaluation.patients import AS_SERVED, evaluate_patients
from training.learning.recipe import read_recipe
from training.reports.folder import folder_report


@pytest.fixture(scope="module")
def classifier(checkpoints):
    return Classifier.load(checkpoints["resnet"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two recordings of another hospital."""
    folder = tmp_path_factory.mktemp("hospital")
    for seed, fs in ((1, 128.0), (2, 250.0)):
        write_wfdb(synthesize(330, fs=fs, ectopic={"V": 0.1}, leads=("MLII", "V1"), seed=seed), folder, f"r{seed}")
    return folder


@pytest.fixture(scope="module")
def results(classifier, folder):
    return evaluate_folder(classifier, folder)


def test_a_folder_is_scored_as_patients_are(classifier, folder, results):
    patients = evaluate_patients(classifier, [wfdb.read(folder / name) for name in ("r1", "r2")])
    for ours, theirs in zip(results.comparisons, patients.views[AS_SERVED], strict=True):
        assert ours.name == theirs.name
        np.testing.assert_array_equal(ours.confusion, theirs.confusion)


def test_figures_are_written_for_other_programs_and_read_again(results, tmp_path):
    results.save(tmp_path / "deep" / "figures.json")
    content = json.loads((tmp_path / "deep" / "figures.json").read_text())
    assert set(content["measures"]) == set(MEASURES) and content["folder"].startswith("hospital")
    assert [one["name"] for one in content["recordings"]] == ["r1", "r2"] and content["start"] == 300
    assert content["measures"]["F1 of N"]["low"] <= content["measures"]["F1 of N"]["value"]
    FolderResults.load(tmp_path / "deep" / "figures.json").save(tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == content
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(UnexpectedData, match="does not hold the results on a folder"):
        FolderResults.load(tmp_path / "other.json")


def test_recordings_that_are_labelled_as_a_whole_are_counted_by_what_their_beats_are_called(classifier, tmp_path):
    write_wfdb(synthesize(40, fs=300.0, seed=3), tmp_path, "A1")
    write_wfdb(synthesize(40, fs=300.0, seed=4), tmp_path, "A2")
    (tmp_path / "REFERENCE.csv").write_text("A1,N\nA2,A\n")
    results = evaluate_folder(classifier, tmp_path)
    assert not results.comparisons and set(results.called) == {"N", "A"}
    assert sum(results.called["N"].values()) > 30 and set(results.called["N"]) <= {*"NSVFQ", NOT_JUDGED}
    assert "recordings labelled" in folder_report(results)


def test_what_it_has_learnt_from_is_said_first(classifier, results):
    assert results.learnt_from == ()
    known = FolderResults("m", "0" * 64, "svdb", ("800",), results.comparisons, {})
    assert "It has learnt from 1 of these recordings" in folder_report(known)
    assert "It has learnt from" not in folder_report(results) and "SVEB sensitivity" in folder_report(results)


@pytest.mark.parametrize(
    ("recipe", "overrides", "known"),
    [
        ("resnet", [], ("100", "101", "217")),  # the random split has beats of every recording
        ("resnet_ds1", [], ("101",)),
        ("rhythm", ['databases=["mitdb/ds1"]'], ("101",)),
        ("rhythm", [], ("100", "101", "217", "800", "801", "A00001")),
    ],
)
def test_known_are_the_recordings_that_a_network_has_learnt_from(classifier, recipe, overrides, known):
    asked = read_recipe(recipe, overrides).model_dump(mode="json")
    info = classifier.checkpoint.info.model_copy(update={"recipe": asked})
    assert known_of(info, ["100", "101", "217", "800", "801", "A00001", "mine"]) == known


def test_a_recording_of_a_database_that_was_not_there_is_not_known(classifier):
    info = classifier.checkpoint.info.model_copy(
        update={
            "recipe": read_recipe("rhythm", []).model_dump(mode="json"),
            "figures": {"out_of_fold_recordings": {"100": [], "800": []}},
            "added": AddedRecordings(names=("mine",), beats={}, sha256=""),
        }
    )
    assert known_of(info, ["100", "800", "801", "mine", "other"]) == ("100", "800", "mine")


def test_a_folder_without_labels_says_what_is_missing(classifier, tmp_path):
    header = write_wfdb(synthesize(30, seed=5), tmp_path, "plain")
    header.with_suffix(".atr").unlink()
    with pytest.raises(MissingData, match=r"expected annotations \(\*\.atr"):
        evaluate_folder(classifier, tmp_path)
