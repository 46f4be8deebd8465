import importlib
import sys
from pathlib import Path

import pytest

import benchmarks

MODULES = [file.stem for file in Path(benchmarks.__file__).parent.glob("*.py") if "__main__" in file.read_text()]


@pytest.mark.parametrize("name", MODULES)
def test_a_benchmark_says_what_it_measures_and_measures_nothing_where_that_is_asked(name, capsys, monkeypatch):
    module = importlib.import_module(f"benchmarks.{name}")
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 0
    assert module.__doc__ in capsys.readouterr().out


@pytest.mark.parametrize("name", MODULES)
def test_a_benchmark_refuses_what_it_does_not_know(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name, "--quick"])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"benchmarks.{name}").main()
    assert ended.value.code == 2
