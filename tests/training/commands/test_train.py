from dataclasses import replace

import pytest

from ecg.synthetic import synthesize
from models import Classifier
from tests.training.synthetic import write_wfdb
from training.__main__ import main
from training.data import dataset
from training.learning.crossvalidation import OutOfFold
from training.synthesis import examples

RESNET = ["resnet", "split=inter_patient", "cycles=[{epochs=1, learning_rate=3e-3}]", "shares={}", "batch_size=32"]


def test_it_prints_its_epochs_and_what_was_reached_and_writes_a_checkpoint(beats_file, tmp_path, capsys):
    assert main(["train", *RESNET, "--beats", str(beats_file), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed.index("epoch 1/1") < printed.index("test beats: accuracy")
    assert Classifier.load(tmp_path / "checkpoint.safetensors").checkpoint.info.name == "resnet"


def test_the_checkpoint_tells_what_was_added_and_out_of_fold_decisions_are_on_them_too(place, retrained):
    info = Classifier.load(retrained).checkpoint.info
    assert info.added.names == ("ward1", "ward2") and info.added.beats["V"] and info.added.beats["S"]
    assert set(info.figures["out_of_fold_recordings"]) == {"101", "106", "ward1", "ward2"}
    out = OutOfFold.load(place / "run" / "out_of_fold.npz")
    assert set(out.recordings.tolist()) == {"101", "106", "ward1", "ward2"}
    assert {path.name for path in (place / "run").glob("fold*")} == {"fold1", "fold2"}


def test_a_recording_that_cannot_be_learnt_from_is_told_before_anything_begins(place, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(examples, "make_examples", pytest.fail)
    folder = tmp_path / "reviewed"
    folder.mkdir()
    write_wfdb(replace(synthesize(30, seed=1), name="bare"), folder, "bare")
    (folder / "bare.atr").unlink()
    command = [
        "train",
        "rhythm",
        "--add",
        str(folder),
        "--data",
        str(place / "data"),
        "--examples",
        str(place / "examples"),
        "--out",
        str(tmp_path / "run"),
    ]
    assert main(command) == 1
    assert capsys.readouterr().err.startswith("UnusableRecording: ")
    assert not (tmp_path / "run").exists()


def test_a_network_of_single_beats_learns_from_them_too_and_is_tested_as_before(place, beats_file, tmp_path, capsys):
    command = ["train", *RESNET, "--beats", str(beats_file), "--out", str(tmp_path)]
    assert main([*command, "--add", str(place / "reviewed")]) == 0
    printed = capsys.readouterr().out
    assert printed.index("ward1") < printed.index("epoch 1/1")
    info = Classifier.load(tmp_path / "checkpoint.safetensors").checkpoint.info
    assert info.added.names == ("ward1", "ward2") and info.data_sha256 == dataset.load(beats_file).sha256
    assert main(command) == 1  # without them it is another run
    assert "OtherRun" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (["resnet", "examples={disturbed=1}"], "examples of whole recordings for a network of single beats"),
        (["odenet", "architecture={kind='rhythm_odenet'}"], "no examples for a network of whole recordings"),
    ],
)
def test_a_recipe_whose_examples_are_not_those_of_its_network_is_refused(recipe, message, capsys):
    assert main(["train", *recipe]) == 1
    assert message in capsys.readouterr().err
