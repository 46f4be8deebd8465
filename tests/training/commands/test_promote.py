from training.__main__ import main
from training.release import gate


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
