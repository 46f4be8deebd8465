"""What holds of every example."""

import importlib
import re
from pathlib import Path

import pytest

import examples

FOLDER = Path(examples.__file__).parent
NAMES = [file.stem for file in sorted(FOLDER.glob("*.py")) if "__main__" in file.read_text()]
GALLERY = (FOLDER / "README.md").read_text()
MAKEFILE = (FOLDER.parent / "Makefile").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_what_it_follows_and_does_nothing_where_that_is_asked(name, capsys):
    example = importlib.import_module(f"examples.{name}")
    with pytest.raises(SystemExit) as ended:
        example.main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert example.__doc__ in told
    assert f"`python -m examples.{name}`" in told and re.search(r"\b(1[67]|19|20)\d\d\b", told), "command, year"


@pytest.mark.parametrize("name", NAMES)
def test_an_example_refuses_what_it_does_not_know(name):
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"examples.{name}").main(["--quick"])
    assert ended.value.code == 2


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_run_by_make_and_its_figure_is_small_and_hangs_in_the_gallery(name):
    assert f"python -m examples.{name}\n" in MAKEFILE
    assert f"(figures/{name}.png)" in GALLERY
    assert (FOLDER / "figures" / f"{name}.png").stat().st_size < 200_000
