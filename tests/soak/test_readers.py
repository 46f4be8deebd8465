import math
from types import SimpleNamespace

import numpy as np
import pytest

from soak import readers

SEEDS = [(name, files) for name, make in readers.FORMATS.items() for files in make()]
REFUSED = 2
"""Tables with a decimal comma, and with lines before the table: no format that is read."""


@pytest.fixture
def put(tmp_path):
    def put(files):
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        return tmp_path

    return put


def test_what_is_mutated_is_read_but_for_tables_that_no_reader_takes(tmp_path):
    outcomes = []
    for number, (_, files) in enumerate(SEEDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        outcomes.append(readers.read(folder))
    assert outcomes.count("a recording") == len(SEEDS) - REFUSED


def test_the_discontinuous_file_has_a_gap(put):
    folder = put(readers.discontinuous_edf())
    assert np.isnan(readers.open_files(sorted(folder.iterdir())).read().signals).any()  # type: ignore[attr-defined]


def test_a_reader_that_takes_too_much_memory_or_time_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "read", lambda _: str(len(b"x" * 300_000_000)))
    with pytest.raises(readers.TooLarge, match=r"1,000 bytes took 3\d\d MB, expected at most 200"):
        readers.measured(tmp_path, 1000)
    assert readers.measured(tmp_path, 20_000_000) == "300000000"
    monkeypatch.setattr(readers, "SECONDS", -1)
    with pytest.raises(readers.TooSlow, match="expected at most -1 s"):
        readers.measured(tmp_path, 20_000_000)


@pytest.mark.parametrize(("until", "count"), [(-math.inf, 0), (math.inf, 5)])
def test_inputs_are_as_many_as_are_asked_for_and_end_with_the_time(until, count):
    assert sum(readers.fuzz("EDF", 5, until, SimpleNamespace(folder=None, outside=[]), seed=0).values()) == count
