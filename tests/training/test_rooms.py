"""A training run can be read from end to end in a few files: its rooms."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import training
from models.checkpoint.file import FILE_NAME
from ode import find_method
from tests.training.synthetic import TINY, ds1_of_two
from training.commands import train
from training.measures import scores

PACKAGE = Path(training.__file__).parent
MOST_ROOMS = {"single beats": 14, "whole recordings": 19, "whole recordings, and some that are added": 19}
"""Of whole recordings, once their examples are made: to make them is a journey of its own."""

BEATS = ["odenet", "split=inter_patient", "cycles=[{epochs=1, learning_rate=3e-3}]", "batch_size=32"]


@contextmanager
def rooms() -> Iterator[set[str]]:
    """The files of `training` whose functions are called meanwhile."""
    files: set[str] = set()
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, _: files.add(frame.f_code.co_filename) if event == "call" else None)
    found: set[str] = set()
    try:
        yield found
    finally:
        sys.setprofile(before)
        paths = (Path(file) for file in files)
        found.update(str(path.relative_to(PACKAGE)) for path in paths if path.is_relative_to(PACKAGE))


@pytest.fixture
def _dial_of_one_method(monkeypatch):
    """Each method goes through the same rooms."""
    monkeypatch.setattr(scores, "methods", lambda: (find_method("dopri5"),))


@pytest.mark.usefixtures("_dial_of_one_method")
@pytest.mark.parametrize("kind", MOST_ROOMS)
def test_a_run_passes_few_rooms(kind, beats_file, place, tmp_path):
    command = [*(BEATS if kind == "single beats" else ["rhythm", *TINY]), "--device", "cpu", "--out", str(tmp_path)]
    command += ["--beats", str(beats_file), "--data", str(place / "data"), "--examples", str(place / "examples")]
    command += ["--add", str(place / "reviewed")] if "added" in kind else []
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    options = parser.parse_args(command)
    with ds1_of_two():
        if kind != "single beats":
            train.run(options)
            options.fresh = True
        with rooms() as passed:
            train.run(options)
    assert (tmp_path / FILE_NAME).exists()
    assert {"commands/train.py", "learning/loop.py", "release/run.py"} <= passed
    assert len(passed) <= MOST_ROOMS[kind], sorted(passed)
