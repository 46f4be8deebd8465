import pytest

from ecg.scoring import CLASS_OF
from ecg.scoring.pairing import pair_beats
from ecg.scoring.track import read_track

WINDOW = 37


@pytest.fixture
def pairs(marks):
    def paired(reference, test, start=0, end=10_000, window=WINDOW):
        tracks = (
            read_track(marks(reference), CLASS_OF, window, open_shutdown_lasts=True),
            read_track(marks(test), CLASS_OF, window, open_shutdown_lasts=False),
        )
        pairing = pair_beats(*tracks, start=start, end=end, window=window)
        told = [(pair.reference or "-") + (pair.test or "-").lower() for pair in pairing.pairs]
        return [pair for pair in told if pair != "--"]

    return paired


def test_beats_are_paired_up_to_the_window_and_no_further(pairs):
    assert pairs("100 N", "137 V") == pairs("137 N", "100 V") == ["Nv"]
    assert pairs("100 N", "138 V") == ["No", "Ov"]
    assert pairs("138 N", "100 V") == ["Ov", "No"]


def test_of_two_beats_in_the_window_the_nearer_is_taken(pairs):
    assert pairs("100 N", "80 S, 110 V") == ["Os", "Nv"]
    assert pairs("100 N", "90 S, 120 V") == ["Ns", "Ov"]
    assert pairs("80 S, 110 V", "100 N") == ["So", "Vn"]
    assert pairs("90 S, 120 V", "100 N") == ["Sn", "Vo"]


def test_of_two_that_are_as_near_the_later_is_taken(pairs):
    assert pairs("100 N", "90 S, 110 V") == ["Os", "Nv"]
    assert pairs("90 S, 110 V", "100 N") == ["So", "Vn"]


def test_a_nearer_beat_with_a_better_partner_is_no_rival(pairs):
    """The example for which this rule was added to bxb in 2002."""
    assert pairs("96 N, 160 V", "128 N, 185 V") == pairs("128 N, 185 V", "96 N, 160 V") == ["Nn", "Vv"]


def test_the_rival_looks_one_beat_ahead_and_not_at_what_it_would_leave(pairs):
    assert pairs("100 N, 120 V", "110 S") == ["No", "Vs"]
    assert pairs("100 N, 118 V, 150 F", "110 S, 125 N") == ["Ns", "Vn", "Fo"]


def test_what_is_before_the_start_counts_for_nothing(pairs):
    assert pairs("100 N, 600 V", "100 N, 600 V", start=500) == ["Vv"]
    assert pairs("100 N, 600 V", "300 N, 600 V", start=500) == ["Vv"]


def test_a_test_beat_just_before_the_start_may_answer_the_first_reference_beat(pairs):
    assert pairs("510 N, 800 V", "490 S, 800 V", start=500) == ["Ns", "Vv"]


def test_but_not_if_the_next_one_is_nearer(pairs):
    assert pairs("510 N, 800 V", "490 S, 520 F, 800 V", start=500) == ["Nf", "Vv"]


def test_a_test_beat_just_after_the_start_may_answer_a_reference_beat_before_it(pairs):
    assert pairs("490 N, 800 V", "510 S, 800 V", start=500) == ["Vv"]


def test_but_not_if_it_is_further_from_the_start_than_the_window(pairs):
    assert pairs("490 N, 800 V", "538 S, 800 V", start=500) == ["Os", "Vv"]


def test_nor_if_it_is_nearer_to_the_first_reference_beat_than_the_next_one(pairs):
    assert pairs("490 N, 560 V", "530 S, 800 V", start=500) == ["Vs", "Ov"]


def test_the_start_of_the_recording_is_a_beat_of_no_class(pairs):
    assert pairs("20 N, 800 V", "800 V", start=10) == ["N-", "Vv"]
    assert pairs("800 V", "0 N, 800 V", start=0) == ["-n", "Vv"]


def test_both_go_on_until_both_are_past_the_end(pairs):
    assert pairs("100 N, 500 V, 900 S", "100 N, 530 V, 900 S", end=500) == ["Nn", "Vv"]
    assert pairs("100 N, 550 V, 900 S", "100 N, 500 V, 540 F", end=500) == ["Nn", "Ov"]
    assert pairs("100 N, 510 V, 900 S", "100 N, 500 F, 900 S", end=500) == ["Nn", "Vf"]


def test_without_an_end_the_reference_decides(pairs):
    assert pairs("100 N", "100 N, 500 V", end=None) == ["Nn"]
    assert pairs("100 N, 500 V", "100 N", end=None) == ["Nn", "Vo"]


def test_extra_beats_in_a_flutter_of_the_reference_count_for_nothing(pairs):
    assert pairs("100 N, 200 [, 400 ], 500 N", "100 N, 300 V, 500 N") == ["Nn", "-v", "Nn"]


def test_a_beat_at_its_border_is_paired_with_one_within_the_window(pairs):
    assert pairs("100 N, 120 [, 400 ], 500 N", "130 V, 500 N") == ["Nv", "Nn"]


def test_a_flutter_of_the_test_annotator_excuses_nothing(pairs):
    assert pairs("100 N, 300 V, 500 N", "100 N, 200 [, 400 ], 500 N") == ["Nn", "Vo", "Nn"]


def test_beats_that_one_side_could_not_read_are_x(pairs):
    shut = "100 N, 200 ~ 48, 400 ~, 500 N"
    assert pairs(shut, "100 N, 300 V, 500 N") == ["Nn", "Xv", "Nn"]
    assert pairs("100 N, 300 V, 500 N", shut) == ["Nn", "Vx", "Nn"]


def test_flutter_waves_outside_a_flutter_are_beats_of_no_class(pairs):
    assert pairs("100 !", "100 N") == ["On"]
    assert pairs("100 N", "100 !") == ["No"]


def test_interval_errors_are_of_the_current_beats_of_both_whether_paired_or_not(marks):
    tracks = [
        read_track(marks(line), CLASS_OF, WINDOW, open_shutdown_lasts=True)
        for line in ("100 N, 200 N, 300 N, 400 N", "100 N, 210 N, 400 N")
    ]
    pairing = pair_beats(*tracks, start=0, end=1000, window=WINDOW)
    assert [pair.interval_error for pair in pairing.pairs] == [None, None, 100 - 110, 100 - 190, 100 - 190]
    assert [pair.test for pair in pairing.pairs] == [None, "N", "N", "O", "N"]


def test_how_far_the_test_annotator_was_read_is_one_beat_ahead(marks):
    tracks = [
        read_track(marks("100 N, 200 N, 300 N, 400 N"), CLASS_OF, WINDOW, open_shutdown_lasts=True) for _ in range(2)
    ]
    assert pair_beats(*tracks, start=0, end=100, window=WINDOW).test_read == 3
