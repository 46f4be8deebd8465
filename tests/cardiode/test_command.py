import subprocess
import sys

import pytest

from app import __main__ as online
from cardiode import command
from training.__main__ import COMMANDS


def test_help_lists_every_command_of_both_halves(capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert set(COMMANDS) == set(command.OFFLINE)
    for name, line in (command.ONLINE | command.OFFLINE).items():
        assert f"{name} " in printed and line in printed


@pytest.mark.parametrize("name", command.ONLINE)
def test_a_command_of_the_service_is_that_of_app(name, capsys):
    assert {"annotate", "keys", "serve"} == set(command.ONLINE)
    with pytest.raises(SystemExit) as ended:
        command.main([name, "--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0 and printed.startswith(f"usage: cardiode {name}")
    with pytest.raises(SystemExit):
        online.main([name, "--help"])
    assert capsys.readouterr().out.startswith(f"usage: python -m app {name}")


@pytest.mark.parametrize("name", command.OFFLINE)
def test_an_offline_command_is_that_of_training_and_teaches_by_an_example(name, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main([name, "--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0 and printed.startswith(f"usage: cardiode {name}")
    assert f"example: cardiode {name}" in printed


@pytest.mark.parametrize("given", [[], ["nothing"], ["--nothing"]])
def test_what_is_no_command_is_refused(given, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(given)
    assert ended.value.code == 2 and "COMMAND" in capsys.readouterr().err


def test_what_a_command_returns_is_returned(capsys):
    assert command.main(["compare", "nothing"]) == 1
    assert "nothing" in capsys.readouterr().err


def test_where_the_extra_is_missing_it_is_named(monkeypatch, capsys):
    for name in [name for name in sys.modules if name.split(".")[0] in ("training", "requests")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "requests", None)
    assert command.main(["data"]) == 2
    assert "`cardiode data` needs requests" in (printed := capsys.readouterr().err)
    assert "pip install 'cardiode[training]'" in printed


def test_help_imports_neither_half():
    look = (
        "import sys; from cardiode import command\n"
        "try: command.main(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(bool({'torch', 'app', 'training', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", look], stdout=subprocess.DEVNULL, check=False).returncode == 0
