import numpy as np
import pytest
import wfdb

from ecg.synthetic import synthesize
from training import dataset
from training.__main__ import main
from training.dataset import Dataset


@pytest.mark.parametrize("command", ["data", "train", "evaluate", "compare", "score"])
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


def test_train_then_evaluate_gives_a_checkpoint_a_card_and_figures(small, tmp_path, capsys):
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
    assert main(["evaluate", str(run / "checkpoint.safetensors"), "--beats", str(beats), "--out", str(out)]) == 0
    assert "1e-05" in capsys.readouterr().out
    card = (out / "card.md").read_text()
    assert "inter-patient split" in card and "split at random" not in card
    assert {file.name for file in out.iterdir()} == {
        "beats.png", "card.md", "confusion.png", "dial.png", "evaluation.json", "tolerance.png", "training.png",
    }  # fmt: skip
    assert main(["compare", str(run / "checkpoint.safetensors"), "odenet"]) == 0
    assert "inter-patient" in capsys.readouterr().out


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
