from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ecg.segments import LONGEST_PAUSE, Segment, segments_of

LEADS = ("II", "V1")


def of(times, quality=None, second=None, seconds=10.0):
    return segments_of(times, quality or ["good"] * len(times), second or [False] * len(times), seconds, LEADS)


def test_a_recording_that_is_good_throughout_is_one_segment():
    assert of([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]) == (Segment(0.0, 10.0, "II", True, None),)


def test_beats_that_cannot_be_judged_are_one_that_says_why():
    found = of([2.0, 4.0, 6.0, 8.0], ["good", "noisy", "noisy", "good"])
    assert [(one.start, one.end, one.judged, one.reason) for one in found] == [
        (0.0, 3.0, True, None),
        (3.0, 7.0, False, "noisy"),
        (7.0, 10.0, True, None),
    ]


def test_where_the_second_lead_is_used_it_is_named():
    assert [one.lead for one in of([2.0, 4.0, 6.0], second=[False, True, False], seconds=8.0)] == ["II", "V1", "II"]


def test_a_stretch_without_beats_is_one_too():
    found = of([1.0, 2.0, 8.0, 9.0])
    assert [(one.start, one.end, one.reason) for one in found] == [
        (0.0, 3.0, None),
        (3.0, 7.0, "no_beats"),
        (7.0, 10.0, None),
    ]


def test_a_recording_without_beats_is_one_that_is_not_judged():
    assert of([]) == (Segment(0.0, 10.0, None, False, "no_beats"),)
    assert segments_of([], [], [], 0.0, ()) == ()


@given(
    st.lists(
        st.tuples(st.floats(0.1, 3 * LONGEST_PAUSE), st.sampled_from(["good", "noisy", "gap"]), st.booleans()),
        max_size=30,
    ),
    st.floats(0.01, 20),
)
def test_segments_cover_the_recording_and_neighbours_differ(beats, rest):
    times, at = [], 0.0
    for gap, _, _ in beats:
        at += gap
        times.append(at)
    found = of(times, [quality for _, quality, _ in beats], [second for _, _, second in beats], at + rest)
    assert found[0].start == 0.0 and found[-1].end == at + rest
    for before, after in pairwise(found):
        assert before.end == after.start
        assert (before.lead, before.judged, before.reason) != (after.lead, after.judged, after.reason)
    assert all(one.end > one.start for one in found)
