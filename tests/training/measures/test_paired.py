import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import LABELS
from training.measures.paired import STATED, accuracy, over_beats, over_recordings
from training.measures.scores import score

RNG = np.random.default_rng(0)
TRUTH = RNG.choice(5, 4000, p=[0.7, 0.1, 0.1, 0.05, 0.05])


def with_mistakes(share, seed, truth=TRUTH):
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(truth)) < share
    return np.where(wrong, (truth + rng.integers(1, 5, len(truth))) % 5, truth)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 1))
def test_measures_are_those_of_cards(seed, share):
    said = with_mistakes(share, seed)
    said[::7] = -1
    reached = score(TRUTH, said)
    found = over_beats(TRUTH, said, said, {name: STATED[name] for name in ("accuracy", "macro-F1", "F1 of S")})
    assert found["accuracy"].ours == pytest.approx(reached.accuracy)
    assert found["macro-F1"].ours == pytest.approx(reached.macro_f1)
    assert found["F1 of S"].ours == pytest.approx(reached.classes["S"].f1)


def test_a_network_is_not_worse_than_itself_nor_than_one_that_errs_elsewhere_as_often():
    one, other = with_mistakes(0.1, 1), with_mistakes(0.1, 2)
    for theirs in (one, other):
        assert not any(found.worse for found in over_beats(TRUTH, one, theirs, STATED).values())
    same = over_beats(TRUTH, one, one, STATED)["accuracy"]
    assert same.low == same.high == 0


def test_one_that_errs_twice_as_often_is_worse_and_the_other_way_round_is_not():
    often, seldom = with_mistakes(0.1, 1), with_mistakes(0.05, 1)
    assert over_beats(TRUTH, often, seldom, STATED)["accuracy"].worse
    assert not over_beats(TRUTH, seldom, often, STATED)["accuracy"].worse


def test_what_is_hard_for_both_makes_a_pair_surer_than_either_figure():
    often = with_mistakes(0.2, 1)
    repaired = np.where(np.arange(len(TRUTH)) % 50 == 0, TRUTH, often)  # as many mistakes, but for some
    found = over_beats(TRUTH, often, repaired, STATED)["accuracy"]
    assert found.worse and found.theirs - found.ours < 1.96 * np.sqrt(0.2 * 0.8 / len(TRUTH))


def test_bounds_hold_the_true_difference_as_often_as_they_say():
    """Two networks right 90 % and 87 % of the time, on beats of their own each time."""
    held = 0
    for seed in range(100):
        truth = np.random.default_rng(seed).integers(0, 5, 1500)
        ours, theirs = with_mistakes(0.10, 2 * seed, truth), with_mistakes(0.13, 2 * seed + 1, truth)
        found = over_beats(truth, ours, theirs, {"accuracy": accuracy})["accuracy"]
        held += found.low <= 0.03 <= found.high
    assert 89 <= held <= 100


def by_recording(said, number=20):
    parts = zip(np.array_split(TRUTH, number), np.array_split(said, number), strict=True)
    return [np.array(score(truth, labels).confusion) for truth, labels in parts]


def test_recordings_are_drawn_in_pairs():
    often, seldom = with_mistakes(0.2, 1), with_mistakes(0.15, 1)
    found = over_recordings(by_recording(often), by_recording(seldom), STATED)["accuracy"]
    assert found.worse and found.ours == pytest.approx(np.mean(often == TRUTH))
    assert not over_recordings(by_recording(often), by_recording(often), STATED)["accuracy"].worse


def test_one_patient_who_went_wrong_does_not_make_it_certain():
    """Beats of one patient are alike: what happens to one of twenty may happen to any other."""
    ours = by_recording(TRUTH)
    ours[0] = np.roll(ours[0], 1, axis=1)
    assert not over_recordings(ours, by_recording(TRUTH), {"accuracy": accuracy})["accuracy"].worse


def test_where_of_the_other_only_the_total_is_known_it_is_held_against_our_own_bounds():
    ours = by_recording(with_mistakes(0.2, 1))
    for share, worse in ((0.15, True), (0.2, False), (0.25, False)):
        total = np.array(score(TRUTH, with_mistakes(share, 2)).confusion)
        assert over_recordings(ours, total, {"accuracy": accuracy})["accuracy"].worse is worse


def test_of_one_recording_there_are_no_bounds_and_the_figure_itself_decides():
    better, poorer = by_recording(with_mistakes(0.1, 1), 1), by_recording(with_mistakes(0.2, 1), 1)
    found = over_recordings(poorer, better, {"accuracy": accuracy})["accuracy"]
    assert found.low is None and found.worse
    assert not over_recordings(better, poorer, {"accuracy": accuracy})["accuracy"].worse


def test_what_is_undefined_is_not_compared():
    nothing = [np.zeros((5, 5), np.int64)] * 3
    assert "accuracy" not in over_recordings(nothing, nothing, STATED)
    assert f"F1 of {LABELS[1]}" not in over_recordings(nothing, nothing, STATED)
