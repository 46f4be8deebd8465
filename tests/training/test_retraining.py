"""From a folder of reviewed recordings to a promoted model, by the commands of docs/retraining.md."""

from dataclasses import replace

import numpy as np
import pytest

from ecg.synthetic import synthesize
from models import Classifier
from tests.training.synthetic import write_mitdb, write_wfdb
from training.__main__ import main
from training.commands import evaluate, fit, train
from training.data import dataset
from training.data.dataset import Dataset
from training.learning.crossvalidation import OutOfFold
from training.release import gate
from training.synthesis import examples

LEADS = ("MLII", "V1")
TINY = [
    "cycles=[{epochs=1, learning_rate=3e-3}]",
    "batch_size=32",
    "examples={disturbed=1, composed=1}",
    "mixture={beats=64, classes={N=0.6, V=0.4}}",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two patients in place of those of DS1, and two recordings that are added, of other rates and leads."""
    place = tmp_path_factory.mktemp("place")
    (place / "data").mkdir()
    made = {name: synthesize(70, ectopic={"V": 0.2}, leads=LEADS, seed=int(name)) for name in ("101", "106")}
    write_mitdb(place / "data", made)
    (place / "reviewed").mkdir()
    write_wfdb(synthesize(62, fs=200.0, ectopic={"V": 0.2}, leads=LEADS, seed=3), place / "reviewed", "ward1")
    write_wfdb(synthesize(40, fs=500.0, ectopic={"S": 0.2}, seed=4), place / "reviewed", "ward2")
    (place / "new").mkdir()
    write_wfdb(synthesize(310, fs=250.0, ectopic={"V": 0.2}, leads=LEADS, seed=5), place / "new", "new")
    return place


@pytest.fixture(scope="module")
def small_ds1():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "DS1_GROUPS", (("101",), ("106",)))
        for command in (fit, evaluate):
            patch.setattr(command, "DS1", ("101", "106"))
        yield


@pytest.fixture(scope="module")
def retrained(place, small_ds1):
    """The checkpoint of a tiny run with the added recordings."""
    run = place / "run"
    command = ["train", "rhythm", *TINY, "--data", str(place / "data"), "--add", str(place / "reviewed")]
    assert main([*command, "--out", str(run), "--device", "cpu"]) == 0
    return run / "checkpoint.safetensors"


@pytest.fixture(scope="module")
def evaluated(place, retrained):
    folder = place / "evaluation"
    command = ["evaluate", str(retrained), "--data", str(place / "data"), "--out", str(folder)]
    assert main([*command, "--recordings", str(place / "new" / "new.hea")]) == 0
    return folder


def test_the_checkpoint_tells_what_was_added_and_out_of_fold_decisions_are_on_them_too(place, retrained):
    info = Classifier.load(retrained).checkpoint.info
    assert info.added.names == ("ward1", "ward2") and info.added.beats["V"] and info.added.beats["S"]
    assert set(info.figures["out_of_fold_recordings"]) == {"101", "106", "ward1", "ward2"}
    out = OutOfFold.load(place / "run" / "out_of_fold.npz")
    assert set(out.recordings.tolist()) == {"101", "106", "ward1", "ward2"}
    assert {path.name for path in (place / "run").glob("fold*")} == {"fold1", "fold2", "fold3", "fold4"}


def test_what_it_said_out_of_fold_can_be_scored_where_the_reference_is(place, retrained, capsys):
    file = place / "run" / "out_of_fold.npz"
    for folder, scored, others in (
        (place / "data" / "mitdb", ["101", "106"], "ward1, ward2"),
        (place / "reviewed", ["ward1", "ward2"], "101, 106"),
    ):
        assert main(["score", str(folder), str(file), "--start", "0", "--escapes-normal"]) == 0
        first, *printed = capsys.readouterr().out.splitlines()
        assert first == f"not scored, since {folder} has no annotations of them: {others}"
        assert [any(line.split()[:1] == [name] for line in printed) for name in scored] == [True, True]


def test_its_card_tells_it_and_its_dial_was_tried_on_what_it_has_learnt(evaluated):
    card = (evaluated / "card.md").read_text()
    assert "also learnt from 2 recordings that are not of mitdb" in card and "ward1, ward2 (" in card
    assert "of the 2 recordings that were added" in card and "which it has learnt from, on the machine" in card
    assert {"tolerance.png", "dial.png", "evaluation.json"} <= {file.name for file in evaluated.iterdir()}


def test_it_is_promoted_into_a_zoo_that_has_none_then_held_against_itself(
    retrained, evaluated, tmp_path, monkeypatch, capsys
):
    # An epoch on a few synthetic beats does not make probabilities that mean much.
    monkeypatch.setattr(gate, "CALIBRATION_ERRORS", {"inter_patient": 1.0})
    command = ["promote", str(retrained), "--evaluation", str(evaluated), "--zoo", str(tmp_path)]
    assert main([*command, "--dry-run"]) == 0
    assert "has no model rhythm yet" in capsys.readouterr().out and not list(tmp_path.iterdir())
    assert main(command) == 0
    assert (tmp_path / "rhythm" / "checkpoint.safetensors").read_bytes() == retrained.read_bytes()
    assert (tmp_path / "rhythm" / "patients.json").exists()
    capsys.readouterr()
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "out of fold: accuracy" in printed and "new patients: F1 of V" in printed and "promoted" in printed


def test_what_falls_short_is_refused_and_the_zoo_is_unchanged(retrained, tmp_path, capsys):
    command = ["promote", str(retrained), "--evaluation", str(tmp_path / "none"), "--zoo", str(tmp_path)]
    assert main(command) == 1
    told = capsys.readouterr()
    assert "FALLS SHORT" in told.out and "none in" in told.out
    assert told.err.startswith("NotPromoted: rhythm falls short") and "the zoo is unchanged" in told.err
    assert not list(tmp_path.iterdir())


def test_a_recording_that_cannot_be_learnt_from_is_told_before_anything_begins(place, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(examples, "make_examples", pytest.fail)
    folder = tmp_path / "reviewed"
    folder.mkdir()
    write_wfdb(replace(synthesize(30, seed=1), name="bare"), folder, "bare")
    (folder / "bare.atr").unlink()
    command = ["train", "rhythm", "--add", str(folder), "--data", str(place / "data"), "--out", str(tmp_path / "run")]
    assert main(command) == 1
    assert capsys.readouterr().err.startswith("UnusableRecording: ")
    assert not (tmp_path / "run").exists()


def test_a_network_of_single_beats_learns_from_them_too_and_is_tested_as_before(place, small, tmp_path, capsys):
    beats, run = tmp_path / "beats.npz", tmp_path / "run"
    names = [np.full(len(part), name) for part, name in ((small.train, "101"), (small.test, "100"))]
    parts = [
        Dataset(part.values, part.labels, name) for part, name in zip((small.train, small.test), names, strict=True)
    ]
    dataset.save(Dataset.joined(parts), beats)
    settings = ["split=inter_patient", "cycles=[{epochs=1, learning_rate=3e-3}]", "shares={}", "batch_size=32"]
    command = ["train", "resnet", *settings, "--beats", str(beats), "--out", str(run)]
    assert main([*command, "--add", str(place / "reviewed")]) == 0
    printed = capsys.readouterr().out
    assert printed.index("| ward1") < printed.index("epoch 1/1")
    info = Classifier.load(run / "checkpoint.safetensors").checkpoint.info
    assert info.added.names == ("ward1", "ward2") and info.data_sha256 == dataset.load(beats).sha256
    assert main(command) == 1  # without them it is another run
    assert "OtherRun" in capsys.readouterr().err
