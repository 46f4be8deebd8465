from dataclasses import replace

import pytest

from models import zoo
from models.checkpoint import file as checkpoint_file
from training.__main__ import main
from training.data import dataset
from training.evaluation.patients import Patients
from training.learning.recipe import read_recipe

OF_PATIENTS = {
    "patients.json", "patients.md", "patients.png", "patients_confidence.png", "patients_confusion.png",
    "patients_intervals.png",
}  # fmt: skip


def test_one_of_single_beats_has_a_card_and_figures(trained, beats_file, headers, tmp_path, capsys):
    command = ["evaluate", str(trained), "--beats", str(beats_file), "--out", str(tmp_path)]
    assert main([*command, "--recordings", *headers]) == 0
    printed = capsys.readouterr().out
    assert "1e-05" in printed and printed.index("Summary of results from 2 records") < printed.index("accuracy, five")
    card = (tmp_path / "card.md").read_text()
    assert card.startswith("# odenet\n\n## On patients it has never seen\n")
    assert "inter-patient split" in card and "split at random" not in card and "sibling" not in card
    assert {file.name for file in tmp_path.iterdir()} == OF_PATIENTS | {
        "beats.png", "card.md", "confidence.png", "confusion.png", "dial.png", "evaluation.json", "tolerance.png",
        "training.png",
    }  # fmt: skip


def test_one_that_has_learnt_from_ds1_alone_needs_no_sibling(trained, beats_file, tmp_path, capsys):
    command = ["evaluate", str(trained), "--beats", str(beats_file), "--out", str(tmp_path), "--sibling", "odenet"]
    assert main(command) == 1
    assert "was itself trained on DS1 alone" in capsys.readouterr().err


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
    patients = Patients.load(tmp_path / "out" / "patients.json")
    assert patients.name == "resnet_ds1" and patients.recordings == ["made1", "made2"]
    assert patients.sha256 == checkpoint_file.load(sibling).sha256


@pytest.fixture
def sibling_of_rhythm(tmp_path_factory):
    """The released network, as if it had learnt from DS1 alone."""
    released = checkpoint_file.load(zoo.find("rhythm"))
    recipe = released.info.recipe | {"databases": ["mitdb/ds1"]}
    file = tmp_path_factory.mktemp("sibling") / "sibling.safetensors"
    checkpoint_file.save(replace(released, info=released.info.model_copy(update={"recipe": recipe})), file)
    return file


def test_one_that_takes_beats_in_context_tells_of_new_patients_and_of_those_left_out(
    headers, sibling_of_rhythm, tmp_path, capsys
):
    command = ["evaluate", "rhythm", "--no-sweep", "--sibling", str(sibling_of_rhythm), "--out", str(tmp_path)]
    assert main([*command, "--recordings", *headers]) == 0
    printed = capsys.readouterr().out
    assert printed.index("2 recordings of patients, by rhythm") < printed.index("out of fold: accuracy")
    card = (tmp_path / "card.md").read_text()
    assert card.index("## On patients it has never seen") < card.index("## On patients left out")
    assert "have not been looked at" not in card
    others = {"card.md", "confidence.png", "confusion.png", "evaluation.json", "training.png"}
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
    for other, message in ((known, "has learnt from patients of DS2"), (checkpoints["odenet"], "of the kind odenet")):
        command = ["evaluate", str(known), "--beats", str(beats), "--out", str(tmp_path / "out")]
        assert main([*command, "--sibling", str(other)]) == 1
        assert message in capsys.readouterr().err


def test_the_card_of_what_was_retrained_tells_it_and_its_dial_was_tried_on_what_it_has_learnt(evaluated):
    card = (evaluated / "card.md").read_text()
    assert "also learnt from 2 recordings that are not of mitdb" in card and "ward1, ward2 (" in card
    assert "of the 2 recordings that were added" in card and "which it has learnt from, on the machine" in card
    assert {"tolerance.png", "dial.png", "evaluation.json"} <= {file.name for file in evaluated.iterdir()}
