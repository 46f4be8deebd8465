import pytest

from training.__main__ import main


@pytest.mark.parametrize("command", ["data", "train", "evaluate", "compare"])
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


def test_data_prints_the_table_and_writes_the_beats(mitdb, tmp_path, capsys):
    assert main(["data", "--data", str(mitdb), "--beats", str(tmp_path / "beats.npz")]) == 0
    printed = capsys.readouterr().out
    for count in ("109,446", "87,554", "21,892", "72,471", "162"):
        assert count in printed
    assert (tmp_path / "beats.npz").exists()
