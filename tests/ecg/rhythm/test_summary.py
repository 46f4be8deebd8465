import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg.rhythm.summary import summarize


def rhythm(labels, intervals=None, broken=()):
    """The rhythm of beats of these labels ("-" for none), a second apart where nothing else is said."""
    steps = np.ones(len(labels)) if intervals is None else np.asarray(intervals, dtype=np.float64)
    gaps = np.isin(np.arange(len(labels)), broken)
    return summarize(np.cumsum(steps), [None if label == "-" else label for label in labels], gaps)


def test_what_a_gap_divides_is_no_interval():
    found = rhythm("NNNN", [1, 1, 100, 1], broken=[2])
    assert found.seconds == 2 and found.heart_rate.mean == 60 and not found.events


def test_heart_rate_is_that_of_all_intervals_and_of_eight_in_a_row():
    found = rhythm("N" * 33, [1] + [1.0] * 16 + [0.5] * 16).heart_rate
    assert (found.mean, found.lowest, found.highest) == pytest.approx((80, 60, 120))
    assert rhythm("N").heart_rate is None


def test_burden_is_a_share_of_the_beats_with_a_label():
    burden = rhythm("NVNN-").burden
    assert (burden["V"].beats, burden["V"].share, burden["V"].per_hour) == (1, 0.25, 900)
    assert burden["S"].beats == 0


def test_variability_is_of_intervals_between_normal_beats_alone():
    intervals = [1, 0.8, 0.9, 0.5, 1.4, 0.8, 0.82]
    found = rhythm("NNNVNNN", intervals).variability
    nn = np.array([800, 900, 800, 820])
    assert found.sdnn == pytest.approx(nn.std(ddof=1))
    assert found.rmssd == pytest.approx(np.sqrt((100**2 + 20**2) / 2))
    assert found.pnn50 == 0.5
    assert found.sdann is None


def test_sdann_is_the_deviation_of_five_minutes_means():
    intervals = [0.5] * 600 + [1.0] * 300
    assert rhythm("N" * 900, intervals).variability.sdann == pytest.approx(np.std([500, 1000], ddof=1), rel=0.01)


@given(st.text("NSVFQ-", max_size=60), st.lists(st.integers(0, 60), max_size=6))
def test_any_beats_have_a_rhythm(labels, broken):
    found = rhythm(labels, broken=broken)
    assert all(event.start <= event.end for event in found.events)
    assert sum(burden.share for burden in found.burden.values()) <= 1


def test_each_hour_has_its_own_figures_also_one_without_beats():
    times = np.concatenate([np.arange(0, 1800.0), np.arange(7200.0, 7260.0, 0.5)])
    labels = ["N"] * len(times)
    labels[10], labels[20], labels[-1] = "V", "S", None
    broken = np.zeros(len(times), dtype=bool)
    broken[0] = broken[1800] = True
    hours = summarize(times, labels, broken).hours
    assert [(hour.hour, hour.beats, hour.unjudged) for hour in hours] == [(0, 1800, 0), (1, 0, 0), (2, 120, 1)]
    assert [hour.heart_rate for hour in hours] == [pytest.approx(60), None, pytest.approx(120)]
    assert hours[0].ectopic == {"S": 1, "V": 1} and hours[2].ectopic == {"S": 0, "V": 0}


def test_pauses_count_in_the_hour_that_they_begin_in():
    times = np.array([3590.0, 3599.0, 3602.0, 3603.0])
    hours = summarize(times, ["N"] * 4, np.array([True, False, False, False])).hours
    assert [hour.pauses for hour in hours] == [2, 0]


def test_the_longest_run_is_told():
    labels = list("NVVVNNSSSSSNVVVVN")
    rhythm = summarize(np.arange(len(labels)) * 0.8, labels, np.zeros(len(labels), dtype=bool))
    assert (rhythm.longest_run.label, rhythm.longest_run.beats, rhythm.longest_run.kind) == ("S", 5, "run")
    assert summarize(np.arange(3.0), list("NVN"), np.zeros(3, dtype=bool)).longest_run is None
