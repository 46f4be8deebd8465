import numpy as np
import pytest

from ecg.rhythm.events import Event, find_events


def events(labels, intervals=None, broken=()):
    """The events among beats of these labels ("-" for none), a second apart where nothing else is said."""
    steps = np.ones(len(labels)) if intervals is None else np.asarray(intervals, dtype=np.float64)
    known = np.where(np.isin(np.arange(len(labels)), [0, *broken]), np.nan, steps)
    return find_events(np.cumsum(steps), [None if label == "-" else label for label in labels], known)


def kinds(found):
    return [(event.kind, event.label, event.beats) for event in found]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("NNNNN", []),
        ("NVN", []),
        ("NVVN", [("couplet", "V", 2)]),
        ("NSSSN", [("run", "S", 3)]),
        ("NVSVN", []),
        ("NVNVNVN", [("bigeminy", "V", 3)]),
        ("NVNVN", []),
        ("VNNVNNVNNV", [("trigeminy", "V", 4)]),
        ("VNVNVNNVNNV", [("bigeminy", "V", 3), ("trigeminy", "V", 3)]),
        ("V-V-V", []),
        ("", []),
    ],
)
def test_ectopic_beats_are_told_as_in_a_holter_report(labels, expected):
    assert kinds(events(labels)) == expected


def test_what_a_gap_divides_is_no_row():
    assert kinds(events("NVVVVN", broken=[3])) == [("couplet", "V", 2), ("couplet", "V", 2)]


def test_a_pause_is_two_seconds_without_a_beat():
    assert events("NNNN", [1, 1, 2, 1.99]) == (Event("pause", None, 2.0, 4.0, 0),)


def test_what_was_not_recorded_is_no_pause():
    assert events("NNNN", [1, 1, 100, 1], broken=[2]) == ()


def test_events_come_in_the_order_of_their_beginnings():
    found = events("NVVNSSN", [1, 1, 1, 1, 1, 1, 3])
    assert kinds(found) == [("couplet", "V", 2), ("couplet", "S", 2), ("pause", None, 0)]
    assert [event.start for event in found] == sorted(event.start for event in found)
