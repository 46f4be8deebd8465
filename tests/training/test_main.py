from pathlib import Path

import numpy as np
import pytest
import wfdb

from ecg import LABELS, label_of
from ecg.synthetic import synthesize
from models import checkpoint as checkpoint_file
from tests.training.recordings import write_wfdb
from training import dataset, patients_file
from training.__main__ import main
from training.dataset import Dataset
from training.recipe import read_recipe


@pytest.mark.parametrize("command", ["data", "train", "fit", "evaluate", "compare", "promote", "score", "noise"])
def test_every_command_explains_itself_with_an_example(capsys, command):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "example: python -m training" in capsys.readouterr().out


def test_an_error_is_one_line_and_the_exit_code_tells(capsys):
    assert main(["train", "nothing"]) == 1
    assert capsys.readouterr().err.startswith("BadRecipe: there is no recipe")
    assert main(["compare", "nothing", "nothing"]) == 1
    assert capsys.readouterr().err.startswith("UnknownModel:")


def test_compare_prints_both_side_by_side(capsys, checkpoints):
    assert main(["compare", "resnet", "odenet"]) == 0
    printed = capsys.readouterr().out
    assert "182,853" in printed and "59,333" in printed


def test_compare_tells_of_one_that_takes_recordings_what_it_reached_on_those_left_out(capsys):
    assert main(["compare", "rhythm", "odenet"]) == 0
    printed = capsys.readouterr().out
    assert "left out of training" in printed and "random" in printed


@pytest.fixture(scope="module")
def headers(tmp_path_factory):
    """Two synthetic recordings of a little more than five minutes."""
    folder = tmp_path_factory.mktemp("recordings")
    made = {seed: synthesize(320, fs=250.0, ectopic={"V": 0.2, "S": 0.2}, seed=seed) for seed in (1, 2)}
    return [str(write_wfdb(recording, folder, f"made{seed}")) for seed, recording in made.items()]


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


def test_what_is_no_sibling_is_refused(pair, checkpoints, capsys):
    beats, known, _ = pair
    for other, message in ((known, "trained on the split 'random'"), (checkpoints["odenet"], "of the kind odenet")):
        assert main(["evaluate", str(known), "--beats", str(beats), "--sibling", str(other)]) == 1
        assert message in capsys.readouterr().err


def test_noise_prints_what_is_left_and_draws_it(tmp_path, checkpoints, headers, capsys):
    (tmp_path / "nstdb").mkdir()
    waves = np.random.default_rng(0).normal(size=(360 * 60, 2)).cumsum(axis=0) / 100
    wfdb.wrsamp(
        "em", fs=360, units=["mV"] * 2, sig_name=["a", "b"], p_signal=waves, fmt=["16"] * 2,
        write_dir=str(tmp_path / "nstdb"),
    )  # fmt: skip
    command = ["noise", str(checkpoints["resnet"]), "--data", str(tmp_path), "--recordings", headers[0]]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("resnet on made1:") and "| 24 dB " in printed and "| 0 dB " in printed
    assert (tmp_path / "out" / "noise.png").exists()


def test_data_prints_the_table_and_writes_the_beats(mitdb, tmp_path, capsys):
    assert main(["data", "--data", str(mitdb), "--beats", str(tmp_path / "beats.npz")]) == 0
    printed = capsys.readouterr().out
    for count in ("109,446", "87,554", "21,892", "72,471", "162"):
        assert count in printed
    assert (tmp_path / "beats.npz").exists()


def annotate(folder, name, marks, annotator):
    wfdb.wrann(name, annotator, marks.samples, list(marks.symbols), fs=250, write_dir=str(folder))


@pytest.fixture
def annotated_folders(tmp_path):
    """Two synthetic recordings with reference annotations, one of which is annotated perfectly in another folder."""
    reference, test = tmp_path / "reference", tmp_path / "test"
    for folder in (reference, test):
        folder.mkdir()
    for name, seed in (("one", 1), ("two", 2)):
        made = synthesize(20, fs=250.0, ectopic={"V": 0.2, "S": 0.2}, seed=seed)
        annotate(reference, name, made.beat_annotations(), "atr")
        (reference / f"{name}.hea").write_text(f"{name} 1 250 {made.signals.shape[1]}\n{name}.dat 16\n")
    annotate(test, "one", synthesize(20, fs=250.0, ectopic={"V": 0.2, "S": 0.2}, seed=1).beat_annotations(), "cde")
    return reference, test


def test_score_prints_both_tables_and_names_what_nothing_annotates(annotated_folders, capsys):
    reference, test = annotated_folders
    assert main(["score", str(reference), str(test), "--start", "0"]) == 0
    printed = capsys.readouterr().out
    assert "Gross" in printed and "100.00 100.00 100.00 100.00 100.00 100.00" in printed
    assert "Total Shutdown" in printed
    assert f"nothing annotates them in {test}: two" in printed


def test_score_tells_how_certain_it_is_if_asked(annotated_folders, capsys):
    reference, test = annotated_folders
    assert main(["score", str(reference), str(test), "--start", "0", "--intervals"]) == 0
    printed = capsys.readouterr().out
    assert "| QRS sensitivity" in printed and "| accuracy" in printed


def test_score_takes_the_labels_of_a_cross_validation(annotated_folders, tmp_path, capsys):
    reference, _ = annotated_folders
    made = synthesize(20, fs=250.0, ectopic={"V": 0.2, "S": 0.2}, seed=2).beat_annotations()
    labels = [LABELS.index(label_of(symbol)) for symbol in made.symbols]
    labels[0] = -1
    file = tmp_path / "out_of_fold.npz"
    np.savez(file, recordings=np.full(len(labels), "two"), peaks=made.samples, labels=np.array(labels))
    assert main(["score", str(reference), str(file), "--start", "0", "--escapes-normal"]) == 0
    printed = capsys.readouterr().out
    assert " two " in printed and "100.00 100.00 100.00 100.00 100.00 100.00" in printed
    assert "nothing annotates them" in printed and ": one" in printed


def test_score_writes_what_bxb_writes(annotated_folders, tmp_path, capsys):
    reference, test = annotated_folders
    out = tmp_path / "out"
    assert main(["score", str(reference), str(test), "--start", "0", "--out", str(out)]) == 0
    table = (out / "bxb.out").read_text()
    assert capsys.readouterr().out.startswith(table) and len(table.splitlines()) == 2
    assert (out / "sd.out").read_text().startswith("Record Nx   Sx ")
    assert "Reference annotator: atr\n     Test annotator: cde\n" in (out / "matrices.out").read_text()


def test_score_says_what_is_missing(annotated_folders, capsys):
    reference, test = annotated_folders
    assert main(["score", str(reference), str(test), "--annotator", "qrs"]) == 1
    assert capsys.readouterr().err.startswith("MissingData: there is no file *.qrs")
    (reference / "one.hea").unlink()
    assert main(["score", str(reference), str(test)]) == 1
    assert "one.hea" in capsys.readouterr().err
