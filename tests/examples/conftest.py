"""What tests of examples share."""

import itertools
import os

import pytest
from jaxtyping import config

from ode.loop import Loop

CHECKED = 20
"""Types and shapes are checked in one solve of so many."""


@pytest.fixture(scope="module", autouse=True)
def few_solves_are_checked():
    """The solves of a training are alike, and to check each takes as long as to solve it; in tests of `ode` each is."""
    run, solves = Loop.run, itertools.count()

    def run_mostly_unchecked(loop, *start):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(config, "jaxtyping_disable", next(solves) % CHECKED > 0)
            return run(loop, *start)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loop, "run", run_mostly_unchecked)
        yield


@pytest.fixture
def shown(monkeypatch, capsys, tmp_path):
    """Lets an example show what a study found, and returns what it printed; its figure must be there."""

    def show(example, found):
        name = example.__name__.removeprefix("examples.")
        monkeypatch.setattr(example, "study", lambda size: found)
        example.main(["--out", os.fspath(tmp_path)])
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        return capsys.readouterr().out

    return show
