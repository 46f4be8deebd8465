from pathlib import Path

import pytest
import torch

from examples import presentation
from examples.presentation import Asked, ask, panels, save, tabulate


def test_an_example_runs_small_and_draws_beside_itself_where_nothing_is_asked():
    assert ask("what", []) == Asked(full=False, out=Path(presentation.__file__).parent / "figures")
    assert ask("what", ["--full", "--out", "there"]) == Asked(full=True, out=Path("there"))


def test_an_example_takes_other_data_only_where_it_says_what_data(capsys):
    assert ask("what", ["--data", "there"], data="files of mine").data == Path("there")
    assert ask("what", [], data="files of mine").data is None
    with pytest.raises(SystemExit):
        ask("what", ["--help"], data="files of mine")
    assert "files of mine" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        ask("what", ["--data", "there"])


def test_an_example_uses_one_core():
    ask("what", [])
    assert torch.get_num_threads() == 1


def test_the_columns_of_a_table_are_aligned():
    lines = tabulate(("", "true"), [("rate", "1.00"), ("a long name", "12.00")]).splitlines()
    assert len({len(line) for line in lines}) == 1 and lines[1].split() == ["rate", "1.00"]


def test_the_same_figure_is_the_same_file(tmp_path, capsys):
    for name in ("one.png", "other.png"):
        figure, axes = panels(2)
        axes[1].plot([0, 1], [0, 1])
        save(figure, tmp_path / "new" / name)
    assert (tmp_path / "new" / "one.png").read_bytes() == (tmp_path / "new" / "other.png").read_bytes()
    assert str(tmp_path / "new" / "one.png") in capsys.readouterr().out
