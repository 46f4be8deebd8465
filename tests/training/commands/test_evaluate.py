from pathlib import Path

import numpy as np
import pytest

from models.checkpoint import file as checkpoint_file
from training.__main__ import main
from training.data import dataset
from training.data.dataset import Dataset
from training.evaluation import patients_file
from training.learning.recipe import read_recipe

OF_PATIENTS = {
    "patients.json", "patients.md", "patients.png", "patients_confidence.png", "patients_confusion.png",
    "patients_intervals.png",
}  # fmt: skip


def test_train_then_evaluate_gives_a_checkpoint_a_card_and_figures(small, tmp_path, capsys, headers):
    beats, run, out = tmp_path / "beats.npz", tmp_path / "run", tmp_path / "evaluation"
    names = [np.full(len(part), name) for part, name in ((small.train, "101"), (small.test, "100"))]
    parts = (small.train, small.test)
    dataset.save(
        Dataset(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate(names),
        ),
        beats,
    )
    settings = ["split=inter_patient", "cycles=[{epochs=1, learning_rate=3e-3}]", "batch_size=32"]
    assert main(["train", "odenet", *settings, "--beats", str(beats), "--out", str(run)]) == 0
    printed = capsys.readouterr().out
    assert "epoch 1/1" in printed and "test: accuracy" in printed
    command = ["evaluate", str(run / "checkpoint.safetensors"), "--beats", str(beats), "--out", str(out)]
    assert main([*command, "--recordings", *headers]) == 0
    printed = capsys.readouterr().out
    assert "1e-05" in printed and printed.index("Summary of results from 2 records") < printed.index("accuracy, five")
    card = (out / "card.md").read_text()
    assert card.startswith("# odenet\n\n## On patients it has never seen\n")
    assert "inter-patient split" in card and "split at random" not in card and "sibling" not in card
    assert {file.name for file in out.iterdir()} == OF_PATIENTS | {
        "beats.png", "card.md", "confidence.png", "confusion.png", "dial.png", "evaluation.json", "tolerance.png",
        "training.png",
    }  # fmt: skip
    assert main([*command, "--sibling", "odenet"]) == 1
    assert "was itself trained on DS1 alone" in capsys.readouterr().err
    fitted = str(tmp_path / "fitted.safetensors")
    assert (
        main(["fit", str(run / "checkpoint.safetensors"), "--beats", str(beats), "--out", fitted, "--keep-dial"]) == 0
    )
    assert "temperature" in capsys.readouterr().out
    assert checkpoint_file.load(Path(fitted)).info == checkpoint_file.load(run / "checkpoint.safetensors").info
    assert main(["compare", str(run / "checkpoint.safetensors"), "odenet"]) == 0
    assert "inter-patient" in capsys.readouterr().out


@pytest.fixture
def pair(small, checkpoints, tmp_path):
    """Beats, a checkpoint that was trained on the random split of them, and its sibling."""
    beats = tmp_path / "beats.npz"
    dataset.save(small.test, beats)
    for name in ("resnet", "resnet_ds1"):
        checkpoint = checkpoint_file.load(checkpoints["resnet"])
        info = checkpoint.info.model_copy(
            update={
                "name": name,
                "recipe": read_recipe(name, []).model_dump(mode="json"),
                "data_sha256": small.test.sha256,
                "figures": {"parameters": 1, "minutes_an_epoch": 1.0},
                "history": HISTORY,
            }
        )
        checkpoint_file.save(
            checkpoint_file.Checkpoint(
                info, checkpoint.weights, checkpoint.reference_beats, checkpoint.reference_probabilities
            ),
            tmp_path / f"{name}.safetensors",
        )
    return beats, tmp_path / "resnet.safetensors", tmp_path / "resnet_ds1.safetensors"


SHOWN = ("train_loss", "train_accuracy", "validation_accuracy", "validation_macro_f1")
HISTORY = [{"epoch": 1.0, **dict.fromkeys(SHOWN, 0.5)}]


def test_one_that_knows_all_patients_has_both_worlds_by_its_sibling(pair, headers, tmp_path, capsys):
    beats, known, sibling = pair
    command = ["evaluate", str(known), "--beats", str(beats), "--recordings", *headers, "--out", str(tmp_path / "out")]
    assert main([*command, "--sibling", str(sibling)]) == 0
    printed = capsys.readouterr().out
    assert "2 recordings of patients, by resnet_ds1" in printed and "accuracy" in printed
    card = (tmp_path / "out" / "card.md").read_text()
    headings = [line for line in card.splitlines() if line.startswith("## ")]
    assert headings[:3] == [
        "## On patients it has never seen", "## Both worlds, side by side", "## On beats of patients it knows",
    ]  # fmt: skip
    patients = patients_file.read(tmp_path / "out" / "patients.json")
    assert patients.name == "resnet_ds1" and patients.recordings == ["made1", "made2"]
    assert patients.sha256 == checkpoint_file.load(sibling).sha256


def test_one_that_takes_beats_in_context_tells_of_new_patients_and_of_those_left_out(headers, tmp_path, capsys):
    assert main(["evaluate", "rhythm", "--no-sweep", "--recordings", *headers, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed.index("2 recordings of patients, by rhythm") < printed.index("patients left out: accuracy")
    card = (tmp_path / "card.md").read_text()
    assert card.index("## On patients it has never seen") < card.index("## On patients left out")
    assert "have not been looked at" not in card
    others = {"card.md", "confidence.png", "confusion.png", "training.png"}
    assert {file.name for file in tmp_path.iterdir()} == OF_PATIENTS | others


def test_without_a_sibling_there_is_one_world(pair, tmp_path, capsys):
    beats, known, _ = pair
    out = tmp_path / "out"
    out.mkdir()
    (out / "patients.json").write_text("of an earlier evaluation")
    assert main(["evaluate", str(known), "--beats", str(beats), "--out", str(out)]) == 0
    assert "new patients: not evaluated" in capsys.readouterr().out
    assert "never seen" not in (out / "card.md").read_text()
    assert not OF_PATIENTS & {file.name for file in out.iterdir()}


def test_what_is_no_sibling_is_refused(pair, checkpoints, tmp_path, capsys):
    beats, known, _ = pair
    for other, message in ((known, "trained on the split 'random'"), (checkpoints["odenet"], "of the kind odenet")):
        command = ["evaluate", str(known), "--beats", str(beats), "--out", str(tmp_path / "out")]
        assert main([*command, "--sibling", str(other)]) == 1
        assert message in capsys.readouterr().err
