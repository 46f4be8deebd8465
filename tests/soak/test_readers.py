import math
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from soak import readers

SEEDS = [(name, files) for name, make in readers.FORMATS.items() for files in make()]


@pytest.fixture
def put(tmp_path):
    def put(files):
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        return tmp_path

    return put


def test_what_is_mutated_is_read(tmp_path):
    outcomes = []
    for number, (_, files) in enumerate(SEEDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        outcomes.append(readers.read(folder))
    assert outcomes == ["a recording"] * len(SEEDS)


def test_the_discontinuous_file_has_a_gap(put):
    folder = put(readers.discontinuous_edf())
    assert np.isnan(readers.open_files(sorted(folder.iterdir())).read().signals).any()  # type: ignore[attr-defined]


LARGE = """
import sys
from pathlib import Path
from soak import readers
readers.read = lambda _: str(len(b"x" * 300_000_000))
try:
    readers.measured(Path(sys.argv[1]), 1000)
except readers.TooLarge as error:
    print(error)
"""


def test_a_reader_that_takes_too_much_memory_is_found(tmp_path):
    """In a process of its own: one that has held as much before takes no more from the system."""
    ran = subprocess.run([sys.executable, "-c", LARGE, tmp_path], capture_output=True, text=True, check=True)
    assert re.match(r"1,000 bytes took 3\d\d MB, expected at most 200", ran.stdout)


def test_a_reader_that_takes_too_much_time_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "read", lambda _: "nothing")
    assert readers.measured(tmp_path, 1000) == "nothing"
    monkeypatch.setattr(readers, "SECONDS", -1)
    with pytest.raises(readers.TooSlow, match="expected at most -1 s"):
        readers.measured(tmp_path, 1000)


@pytest.mark.parametrize(("until", "count"), [(-math.inf, 0), (math.inf, 5)])
def test_inputs_are_as_many_as_are_asked_for_and_end_with_the_time(until, count):
    assert sum(readers.fuzz("EDF", 5, until, SimpleNamespace(folder=None, outside=[]), seed=0).values()) == count
