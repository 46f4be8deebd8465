import pytest

from training.__main__ import COMMANDS, main


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(capsys, command):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "example: cardiode" in capsys.readouterr().out


def test_an_error_is_one_line_and_the_exit_code_tells(capsys):
    assert main(["train", "nothing"]) == 1
    assert capsys.readouterr().err.startswith("BadRecipe: there is no recipe")
    assert main(["compare", "nothing", "nothing"]) == 1
    assert capsys.readouterr().err.startswith("UnknownModel:")
