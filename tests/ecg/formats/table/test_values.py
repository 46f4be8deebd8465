"""What the values of a column look like."""

import numpy as np
import pytest

from ecg.formats.table.values import ColumnValues, look_of

N = 2000
RNG = np.random.default_rng(0)


def steps(values, every):
    return np.repeat(values, every)[:N].astype(float)


@pytest.mark.parametrize(
    ("values", "look"),
    [
        (np.full(N, 95.0), "constant"),
        (np.arange(N), "counter"),
        (np.arange(N) % 16, "counter"),
        (np.arange(N) * 0.004, "times"),
        (np.round(np.arange(N) * 0.004, 2), "times"),
        (np.arange(N) // 25 * 0.1, "times"),
        (np.arange(N) * 4 + 1.7e12, "times"),
        (RNG.integers(0, 2, N), "levels"),
        (steps(RNG.integers(60, 90, N), 250), "slow"),
        (np.round(RNG.normal(0, 1, N), 1), "signal"),
        (np.round(np.sin(np.arange(N) / 40), 2), "signal"),
    ],
)
def test_values_look_like_something(values, look):
    assert look_of([np.asarray(values, dtype=np.float64)]) == look


def test_a_signal_that_begins_flat_is_one():
    flat = np.zeros(N)
    assert look_of([flat, flat, RNG.normal(0, 1, N)]) == "signal"


def test_a_few_values_say_little():
    assert look_of([np.zeros(50)]) == "signal"
    assert look_of([np.arange(5.0)]) == "times"


def test_words_are_more_than_numbers():
    numbers = [np.where(np.arange(N) % 3 == 0, 1.0, np.nan)]
    assert ColumnValues(numbers, N, 2 * N // 3).look == "words"
    assert ColumnValues([np.full(N, np.nan)], 0, 0).look == "empty"
