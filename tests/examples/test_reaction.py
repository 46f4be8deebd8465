import pytest

from examples import reaction


@pytest.fixture(scope="module")
def found():
    return reaction.study(reaction.SMALLEST)


def test_the_rate_constants_and_the_order_are_recovered_within_5_percent(found):
    assert set(found.errors) == {"k1", "k2", "k3", "n"}
    assert max(found.errors.values()) < 0.05


def test_the_curves_are_nearer_to_the_truth_than_the_samples(found):
    assert (found.learnt - found.true).square().mean().sqrt() < reaction.NOISE / 2


def test_it_shows_what_it_found(found, shown):
    assert f"{found.errors['k3']:.1%}" in shown(reaction, found)
