import pytest

from examples import cooling


@pytest.fixture(scope="module")
def found():
    return cooling.study(cooling.SMALLEST)


def test_the_rate_is_recovered_within_5_percent(found):
    assert found.rate_error < 0.05


def test_the_temperature_of_the_room_is_recovered_within_a_degree(found):
    assert abs(found.law.room.item() - cooling.ROOM) < 1


def test_cups_are_followed_beyond_the_last_reading_better_than_a_thermometer_reads(found):
    unread = found.later > found.times[-1]
    assert found.later[-1] == 2 * found.times[-1]
    assert (found.learnt - found.true)[unread].abs().max() < cooling.NOISE


def test_it_shows_what_it_found(found, shown):
    assert f"{found.rate_error:.1%}" in shown(cooling, found)
