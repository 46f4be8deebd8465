from pathlib import Path

import numpy as np
import pytest

from models.checkpoint import load
from training import dataset
from training.__main__ import main
from training.dataset import Dataset


@pytest.mark.parametrize("command", ["data", "train", "fit", "evaluate", "compare"])
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
        "beats.png", "card.md", "confusion.png", "dial.png", "evaluation.json", "reliability.png", "tolerance.png",
        "training.png",
    }  # fmt: skip
    fitted = str(tmp_path / "fitted.safetensors")
    assert main(["fit", str(run / "checkpoint.safetensors"), "--beats", str(beats), "--out", fitted, "--keep-dial"]) == 0
    assert "temperature" in capsys.readouterr().out
    assert load(Path(fitted)).info == load(run / "checkpoint.safetensors").info
    assert main(["compare", str(run / "checkpoint.safetensors"), "odenet"]) == 0
    assert "inter-patient" in capsys.readouterr().out


def test_data_prints_the_table_and_writes_the_beats(mitdb, tmp_path, capsys):
    assert main(["data", "--data", str(mitdb), "--beats", str(tmp_path / "beats.npz")]) == 0
    printed = capsys.readouterr().out
    for count in ("109,446", "87,554", "21,892", "72,471", "162"):
        assert count in printed
    assert (tmp_path / "beats.npz").exists()
