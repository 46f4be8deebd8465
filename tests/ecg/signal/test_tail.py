import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecg.signal.tail import Tail

PLACES = st.integers(-5, 40)


@given(st.lists(st.integers(0, 7), max_size=6), st.lists(PLACES, max_size=6), PLACES, PLACES)
def test_samples_are_found_where_they_were_in_the_whole_signal_whatever_was_dropped(lengths, drops, start, stop):
    signal = np.arange(2.0 * sum(lengths)).reshape(2, -1)
    tail, seen, dropped = Tail(np.zeros((2, 0))), 0, 0
    for number, length in enumerate(lengths):
        tail = tail.followed_by(signal[:, seen : seen + length])
        seen += length
        for drop in drops[number : number + 1]:
            tail = tail.since(drop)
            dropped = max(dropped, min(drop, seen))
    assert (tail.start, tail.stop) == (dropped, seen)
    np.testing.assert_array_equal(tail.values, signal[:, dropped:])
    np.testing.assert_array_equal(tail.between(start, stop), signal[:, max(start, dropped) : max(stop, dropped)])


def test_a_signal_may_be_of_one_lead_and_keeps_its_kind_of_number():
    tail = Tail(np.zeros(0, np.float32)).followed_by(np.arange(5, dtype=np.float32)).since(3)
    assert tail.values.tolist() == [3, 4] and tail.values.dtype == np.float32
    assert tail.followed_by(np.ones(1, np.float32)).between(4, 99).tolist() == [4, 1]
