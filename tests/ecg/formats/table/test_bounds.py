"""What a stranger's text can cost: each expression meets it once, and what is taken does not grow with it."""

import subprocess
import sys

import numpy as np
import pytest

LONG = """
import sys
from pathlib import Path
from ecg import EcgError
from ecg.formats.table import open_table
from ecg.reading import ReadOptions
table = Path(sys.argv[1], "made.csv")
rows = "1,2\\n2,1\\n1,2\\n2,1\\n"
PIECES = "x_|_|(|[)|)(|m_|1:|'|elapsed_|1|1,|1.|hh:mm_|m|#|Hz|1_Hz|=|{|{a:|2024-|1/|mV/|0,|aB|1e|:=|//".split("|")
PLACES = [line + "\\n" + rows for line in (
    "II{},V1", "II (m{}V),V1", "II,V1\\nm{},s", "fs: {}", "{}: 250 Hz", "rate {}", "# {}", "Range=\\t{}", "Labels: {}",
    "Date: {}", "time,II\\n1,2\\n{0},2\\n{0},2", "'{}','II'",
)]
for piece in PIECES:
    for place in PLACES:
        piece = piece.replace("_", " ")
        table.write_text(place.format(piece * (60_000 // len(piece))))
        try:
            open_table(table, ReadOptions(fs=100)).read()
        except EcgError:
            pass
print("read")
"""


@pytest.mark.soak
def test_no_text_is_so_long_that_it_is_never_matched(tmp_path):
    """A match that tries all lengths of what it repeats would take hours of these."""
    run = subprocess.run([sys.executable, "-c", LONG, str(tmp_path)], capture_output=True, text=True, timeout=240)
    assert (run.stdout, run.stderr) == ("read\n", "")


@pytest.mark.parametrize("separator", [",", " "])
def test_a_long_table_is_judged_by_all_of_it(separator, made, read):
    """It begins with a minute of a lead that is off, and a column that never changes before the end."""
    signal = np.concatenate([np.zeros(60_000), np.tile(made.signals[0], 20)]) / 1000
    late = np.where(np.arange(len(signal)) > 100_000, np.roll(signal, 99), 0.0)
    cells = zip(np.arange(len(signal)) / 250, signal.tolist(), late.tolist(), strict=True)
    recording = read("".join(f"{t:.3f}{separator}{a:.6f}{separator}{b:.6f}\n" for t, a, b in cells))
    assert recording.leads == ("column 2", "column 3")
    assert [warning.kind for warning in recording.warnings] == ["unit_guessed"]


def test_a_preamble_is_of_any_length_that_the_beginning_holds(read):
    recording = read("a: b\n" * 40_000 + "time,II\n0,1\n0.01,2\n0.02,3\n")
    assert recording.signals.tolist() == [[1, 2, 3]]
