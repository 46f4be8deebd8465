"""The unit of leads of which nobody says it."""

import numpy as np
import pytest

from ecg.formats.table.scale import guessed


def guess(values, fs=250.0, bits=None, count=None):
    return guessed([[np.asarray(values, dtype=np.float64)]], fs, bits, count)


@pytest.mark.parametrize(
    ("change", "unit", "factor", "by"),
    [
        (lambda mv: mv, "mV", 1.0, "default"),
        (lambda mv: 0.1 * mv, "mV", 1.0, "default"),
        (lambda mv: mv + 40, "mV", 1.0, "default"),
        (lambda mv: mv / 1000, "V", 1e3, "values"),
        (lambda mv: mv * 1000, "uV", 1e-3, "values"),
        (lambda mv: np.rint(mv * 1000), "uV", 1e-3, "values"),
        (lambda mv: np.rint(1024 + 200 * mv), "counts", 1 / 200, "values"),
        (lambda mv: np.rint(1024 + 500 * mv), "counts", 1 / 200, "values"),
        (lambda mv: np.rint(32768 + 400 * mv), "counts", 1 / 200, "values"),
        (lambda mv: np.zeros_like(mv), "mV", 1.0, "default"),
        (lambda mv: np.where(np.arange(len(mv)) < 2500, 0, mv / 1000), "V", 1e3, "values"),
    ],
)
def test_the_height_of_waves_says_the_unit(change, unit, factor, by, signal):
    found = guess(change(signal))
    assert (found.unit, found.factor, found.unit_from) == (unit, factor, by)


@pytest.mark.parametrize("times", [1e5, 1e6, 1e7])
def test_counts_of_a_fine_converter_become_about_a_millivolt(times, signal):
    found = guess(np.rint(signal * times))
    assert found.unit == "counts" and 0.2 < found.factor * times < 5


def test_bits_and_what_a_count_is_are_as_the_file_says(signal):
    assert guess(np.rint(512 + 340 * signal), bits=10).factor == pytest.approx(3 / 1024)
    found = guess(np.rint(200 * signal), count=5e-3)
    assert (found.factor, found.unit_from, found.guessed) == (5e-3, "file", False)


def test_gaps_say_nothing(signal):
    gappy = signal / 1000
    gappy[::700] = np.nan
    assert guess(gappy).unit == "V"
    assert guess(np.full(5000, np.nan)).unit == "mV"
