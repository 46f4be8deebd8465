import importlib
import sys
from pathlib import Path

import pytest

import soak

MODULES = [file.stem for file in Path(soak.__file__).parent.glob("*.py") if "__main__" in file.read_text()]


@pytest.mark.parametrize("name", MODULES)
def test_a_soak_says_what_it_looks_for_and_looks_for_nothing_where_that_is_asked(name, capsys, monkeypatch):
    module = importlib.import_module(f"soak.{name}")
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 0
    assert module.__doc__ in capsys.readouterr().out


@pytest.mark.parametrize("name", MODULES)
def test_a_soak_refuses_what_it_does_not_know(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name, "nothing such"])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"soak.{name}").main()
    assert ended.value.code == 2


ROOT = Path(soak.__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()


def test_make_soak_runs_all():
    assert MODULES and all(f"-m soak.{name}\n" in MAKEFILE for name in MODULES)


def test_ci_runs_a_short_form_of_what_needs_no_quiet_machine():
    assert "\nmake soak-short\n" in (ROOT / ".ci" / "run").read_text()
    _, short = MAKEFILE.split("\nsoak-short:")
    for line in ("soak.readers 500", "soak.contract --short", "soak.mix --short", "soak.faults"):
        assert f"-m {line}\n" in short.split("\n\n")[0] + "\n"
