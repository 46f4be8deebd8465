from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import InvalidSignals, LargeRecording
from ecg.source import Source, check_layout, from_arrays


def source(lengths=(5, 0, 3), length=8):
    blocks = np.split(np.arange(2 * sum(lengths), dtype=np.float32).reshape(2, -1), np.cumsum(lengths)[:-1], axis=1)
    return Source("made", ("II", "V1"), 250.0, length, iter(blocks))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=8))
def test_what_is_stored_is_what_is_read(tmp_path_factory, lengths):
    stored = source(lengths, None).store(tmp_path_factory.mktemp("stored") / "signals")
    read = source(lengths, None).read()
    np.testing.assert_array_equal(stored.signals, read.signals)
    assert (stored.name, stored.leads, stored.fs) == (read.name, read.leads, read.fs) == ("made", ("II", "V1"), 250.0)


def test_a_recording_has_the_time_of_day_that_its_source_states():
    begun = datetime(2024, 1, 1, 8, tzinfo=UTC)
    stated = Source("made", ("II",), 250.0, 1, iter([np.zeros((1, 1), np.float32)]), begun=begun)
    assert stated.read().begun == begun and source().read().begun is None


def test_progress_is_told_where_the_length_is_known(tmp_path):
    shares: list[float] = []
    source().store(tmp_path / "signals", progress=shares.append)
    assert shares == [5 / 8, 5 / 8, 1.0]


def test_a_header_over_the_limit_is_refused_before_anything_is_read():
    def never():
        pytest.fail("the signals were read")
        yield

    with pytest.raises(LargeRecording, match="1,000 samples of 2 leads, expected at most 1,999 values"):
        Source("made", ("II", "V1"), 250.0, 1000, never()).read(1999)


def test_more_than_the_header_said_is_refused_as_it_passes_the_limit(tmp_path):
    with pytest.raises(LargeRecording, match="16 values and more"):
        source(length=None).store(tmp_path / "signals", 15)


def test_arrays_become_mv_and_what_is_no_number_a_gap():
    recording = from_arrays({"II": [1000.0, None, float("inf")]}, 250, unit="uV", name="mine").read()
    np.testing.assert_array_equal(recording.signals, np.array([[1.0, np.nan, np.nan]], np.float32))
    assert (recording.name, recording.leads, recording.fs, recording.seconds) == ("mine", ("II",), 250.0, 3 / 250)


@pytest.mark.parametrize(
    ("signals", "fs", "unit", "message"),
    [
        ({"II": [1.0]}, 49, "mV", "got 49 samples a second, expected 50 to 2,000"),
        ({"II": [1.0]}, 2001, "mV", "got 2001 samples a second"),
        ({"II": [1.0]}, float("nan"), "mV", "got nan samples a second"),
        ({}, 250, "mV", "got no signals, expected one or more of equal length"),
        ({"II": [1.0], "V1": [1.0, 2.0]}, 250, "mV", "got 2 signals of 1, 2 samples"),
        ({"II": [1.0]}, 250, "mmHg", "got the unit 'mmHg', expected one of: mV, uV, V"),
    ],
)
def test_arrays_that_are_no_signals_are_refused(signals, fs, unit, message):
    with pytest.raises(InvalidSignals, match=message):
        from_arrays(signals, fs, unit=unit)


@pytest.mark.parametrize("where", ["leads", "left_out"])
def test_a_name_that_is_too_long_to_be_one_is_refused(where):
    names = {"leads": ("II",), "left_out": ("RESP",)}
    Source("made", fs=250.0, length=0, blocks=iter(()), **names | {where: ("x" * 100,)})
    with pytest.raises(InvalidSignals, match=r"got the name 'x{60}\.\.\. \(101 characters\)', expected at most 100"):
        Source("made", fs=250.0, length=0, blocks=iter(()), **names | {where: ("x" * 101,)})


def test_too_many_leads_are_refused():
    with pytest.raises(InvalidSignals, match="got 65 signals, expected at most 64"):
        check_layout(250, 65)
