"""Any way to write a table, of all that are read, gives the same recording."""

from datetime import datetime, timedelta

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecg.formats.table import open_table
from ecg.reading import ReadOptions
from ecg.synthetic import synthesize
from tests.ecg.formats.table.conftest import fixed

FS, N = 250, 2500
SIGNAL = synthesize(10, fs=float(FS), leads=("MLII",), seed=4).signals[0].astype(np.float64)
T = np.arange(N) / FS
BEGUN = datetime(2024, 3, 25, 23, 59, 55)

PREAMBLES = {
    "none": "",
    "comments": "# made by a recorder\n# for Test Person, born 1980-01-01\n",
    "percents": "% made by a recorder\n%\n",
    "pairs": "Name: Test Person\nGain: 10 mm/mV\nFilter: 0.5-40 Hz\n\n",
    "cells": "Name,Test Person\nDate of Birth,1.1.1980\nDevice,Recorder\n\n",
    "hint": "sep={}\n",
}
TIMES = {
    "seconds": ("time (s)", lambda: fixed(T)),
    "bare seconds": ("time", lambda: fixed(T, 4)),
    "ms": ("Time [ms]", lambda: fixed(1000 * T, 0)),
    "bare ms": ("timestamp", lambda: fixed(1000 * T, 1)),
    "unix ms": ("timestamp", lambda: [str(1709682000000 + 4 * n) for n in range(N)]),
    "unix s": ("unix_time", lambda: fixed(1709682000 + T)),
    "rounded": ("Zeit", lambda: fixed(T, 2)),
    "packets": ("time", lambda: fixed(np.arange(N) // 25 / 10, 1)),
    "iso": ("Datetime", lambda: stamps("%Y-%m-%dT%H:%M:%S.%f")),
    "blank": ("date time", lambda: stamps("%Y-%m-%d %H:%M:%S.%f")),
    "days": ("Datum", lambda: stamps("%d.%m.%Y %H:%M:%S.%f")),
    "clock": ("Time", lambda: stamps("%H:%M:%S.%f")),
    "elapsed": ("Elapsed time", lambda: [f"0:00:{t:06.3f}" for t in T.tolist()]),
    "nobody's": ("x0", lambda: fixed(T)),
}
OTHERS = {
    "HR": lambda: ["72"] * N,
    "Quality": lambda: fixed(np.sin(T)),
    "note": lambda: ["", "a word"] * (N // 2),
    "n": lambda: [str(n) for n in range(N)],
    "spare": lambda: ["0"] * N,
    "temperature (°C)": lambda: fixed(36 + 0.1 * np.sin(T)),
}
LEADS = {"ECG (mV)": 1.0, "Lead II [uV]": 1e3, "ekg_mV": 1.0, "MLII (V)": 1e-3}


def stamps(form):
    return [(BEGUN + timedelta(seconds=t)).strftime(form) for t in T.tolist()]


@st.composite
def tables(draw):
    """A text, its encoding, and whether a comma is its decimal sign."""
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    decimal = draw(st.sampled_from([".", ","]))
    name, times = TIMES[draw(st.sampled_from(sorted(TIMES)))]
    lead, factor = draw(st.sampled_from(sorted(LEADS.items())))
    others = draw(st.lists(st.sampled_from(sorted(OTHERS)), max_size=3, unique=True))
    columns = [(name, times()), (lead, fixed(factor * SIGNAL, 7)), *((other, OTHERS[other]()) for other in others)]
    columns = draw(st.permutations(columns)) if draw(st.booleans()) else columns
    if decimal == ",":
        columns = [
            (head, [cell.replace(".", ",") if "." in cell and "2024" not in cell else cell for cell in cells])
            for head, cells in columns
        ]
    quotes = decimal == separator or draw(st.booleans())
    rows = [
        separator.join(f'"{cell}"' if quotes else cell for cell in row)
        for row in zip(*(cells for _, cells in columns), strict=True)
    ]
    names = separator.join(f'"{head}"' if quotes else head for head, _ in columns)
    preamble = PREAMBLES[draw(st.sampled_from(sorted(PREAMBLES)))].replace("{}", separator)
    tail = separator if draw(st.booleans()) and not quotes else ""
    text = preamble + names + tail + "\n" + "".join(f"{row}{tail}\n" for row in rows)
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"]))), draw(
        st.sampled_from(["utf-8", "utf-16", "cp1252", "utf-8-sig"])
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(tables())
def test_any_way_to_write_a_table_gives_the_same_recording(tmp_path_factory, table):
    text, encoding = table
    file = tmp_path_factory.mktemp("combined") / "made.csv"
    file.write_bytes(text.encode(encoding))
    recording = open_table(file, ReadOptions()).read()
    assert len(recording.leads) == 1 and recording.fs == FS
    assert recording.signals.shape == (1, N)
    np.testing.assert_allclose(recording.signals[0], SIGNAL, atol=2e-4)
    assert "Person" not in repr((recording.leads, recording.left_out, recording.read_as, recording.warnings))
