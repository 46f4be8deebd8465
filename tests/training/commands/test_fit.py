from models.checkpoint import file as checkpoint_file
from tests.training.synthetic import ds1_of_two
from training.__main__ import main


def test_what_a_run_of_single_beats_was_fitted_with_is_found_again(trained, beats_file, tmp_path, capsys):
    fitted = tmp_path / "fitted.safetensors"
    assert main(["fit", str(trained), "--beats", str(beats_file), "--out", str(fitted), "--keep-dial"]) == 0
    assert "temperature" in capsys.readouterr().out
    assert checkpoint_file.load(fitted).info == checkpoint_file.load(trained).info


def test_one_of_whole_recordings_is_fitted_on_what_its_run_decided_out_of_fold(place, retrained, tmp_path):
    fitted = tmp_path / "fitted.safetensors"
    out_of_fold = retrained.parent / "out_of_fold.npz"
    command = [
        "fit",
        str(retrained),
        "--data",
        str(place / "data"),
        "--examples",
        str(place / "examples"),
        "--out",
        str(fitted),
        "--keep-dial",
    ]
    with ds1_of_two():
        assert main([*command, "--out-of-fold", str(out_of_fold)]) == 0
    assert checkpoint_file.load(fitted).info == checkpoint_file.load(retrained).info


def test_decisions_that_are_not_there_are_told(retrained, tmp_path, capsys):
    assert main(["fit", str(retrained), "--out-of-fold", str(tmp_path / "none.npz")]) == 1
    assert "training leaves them in the run's folder" in capsys.readouterr().err
