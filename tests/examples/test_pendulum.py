import pytest

from examples import pendulum


@pytest.fixture(scope="module")
def found():
    return pendulum.study(pendulum.SMALLEST)


def test_the_simulation_is_scipys(found):
    assert found.off(found.simulated, beyond=False) < 1e-4
    assert found.off(found.simulated, beyond=True) < 1e-4


def test_what_was_learnt_is_right_for_a_period_after_the_last_observation(found):
    assert found.times[-1] >= found.seen.times[-1] + pendulum.PERIOD - 1e-9
    swings = found.scipy[found.times > pendulum.SEEN, 0].abs().max()
    assert found.off(found.learnt, beyond=True) < 0.1 < swings / 5


def test_the_damping_and_the_restoring_acceleration_are_found(found):
    assert found.law.b.item() == pytest.approx(pendulum.B, rel=0.05)
    angles = found.scipy[:, 0]
    assert (found.law.restoring(angles) - pendulum.C * angles.sin()).abs().max() < 0.1 * pendulum.C


def test_it_shows_what_it_found(found, shown):
    assert f"{found.off(found.learnt, beyond=True):.1e}" in shown(pendulum, found)
