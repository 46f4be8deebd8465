import pytest

from ecg import Annotations
from ecg.scoring import CLASS_OF
from ecg.scoring.periods import Period
from ecg.scoring.track import NEVER, Track, read_track

WINDOW = 10


def read(annotations: Annotations, open_shutdown_lasts: bool = True) -> Track:
    return read_track(annotations, CLASS_OF, WINDOW, open_shutdown_lasts=open_shutdown_lasts)


def test_beats_lie_between_an_entry_at_the_start_and_one_after_all(marks):
    track = read(marks("100 N, 150 +, 200 V, 250 |, 300 !"))
    assert track.times == (0, 100, 200, 300, NEVER)
    assert track.classes == (None, "N", "V", "O", None)
    assert track.intervals == (0, 0, 100, 100, 0)


def test_without_annotations_there_are_these_two_alone(marks):
    assert read(marks("")).times == (0, NEVER)


def test_there_is_no_interval_after_a_beat_at_sample_0(marks):
    assert read(marks("0 N, 100 N, 200 N")).intervals == (0, 0, 0, 100, 0)


def test_flutter_lasts_to_its_end_and_what_is_in_it_is_ignored(marks):
    track = read(marks("100 N, 200 [, 210 !, 220 N, 230 ~ 48, 300 ], 400 N"))
    assert track.times == (0, 100, 400, NEVER)
    assert track.flutters.all == (Period(200, 300),)
    assert track.shutdowns.all == ()
    assert track.intervals == (0, 0, 0, 0)


@pytest.mark.parametrize("subtype", [48, 51, -1])
def test_shutdown_is_noise_that_leaves_no_signal(marks, subtype):
    assert read(marks(f"100 N, 200 ~ {subtype}, 300 ~ 16, 400 N")).shutdowns.all == (Period(200, 300),)


@pytest.mark.parametrize("subtype", [0, 1, 16, 32])
def test_other_noise_is_none(marks, subtype):
    track = read(marks(f"100 N, 200 ~ {subtype}, 300 ~ 0, 400 N"))
    assert track.shutdowns.all == ()
    assert track.intervals == (0, 0, 300, 0)


def test_annotations_without_subtypes_have_no_shutdown(marks):
    made = marks("100 N, 200 ~ 48, 300 ~, 400 N")
    assert read(Annotations(made.samples, made.symbols)).shutdowns.all == ()


def test_a_shutdown_marked_once_fills_what_the_beats_around_it_leave(marks):
    assert read(marks("100 N, 200 ~ 48, 300 N")).shutdowns.all == (Period(110, 290),)


def test_one_after_a_flutter_begins_after_that(marks):
    assert read(marks("100 N, 120 [, 150 ], 200 ~ 48, 300 N")).shutdowns.all == (Period(160, 290),)


def test_one_between_beats_that_are_too_near_is_empty(marks):
    assert read(marks("100 N, 105 ~ 48, 110 N")).shutdowns.all == (Period(100, 100),)


@pytest.mark.parametrize("lasts", [True, False])
def test_the_first_period_that_stays_open_lasts(marks, lasts):
    assert read(marks("100 N, 200 ~ 48"), lasts).shutdowns.all == (Period(200, NEVER, open=True),)
    assert read(marks("100 N, 200 [, 300 N"), lasts).flutters.all == (Period(200, NEVER, open=True),)


def test_a_later_one_lasts_if_it_is_a_shutdown_and_we_say_so(marks):
    line = "100 N, 200 ~ 48, 300 ~, 400 N, 500 ~ 48"
    assert read(marks(line), True).shutdowns.all[1] == Period(500, NEVER, open=True)
    assert read(marks(line), False).shutdowns.all[1] == Period(500, 300, open=True)
    assert read(marks("100 N, 200 [, 300 ], 400 N, 500 ["), True).flutters.all[1] == Period(500, 300, open=True)
