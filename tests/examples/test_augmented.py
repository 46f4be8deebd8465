import pytest
import torch

from examples import augmented


@pytest.fixture(scope="module")
def found():
    return augmented.study(augmented.SMALLEST)


@pytest.fixture(scope="module")
def circles(found):
    return {run.variant: run for run in found if run.data == "circles"}


@pytest.mark.parametrize("variant", ["plain", "time-dependent"])
def test_a_flow_of_the_plane_leaves_part_of_the_ring_on_the_disc_s_side(circles, variant):
    points, classes = augmented.draw_circles(6000)
    with torch.no_grad():
        scores, _ = circles[variant].network(points)
    missed = scores.argmax(dim=1) != classes
    assert circles[variant].missed > 0.01 and missed.sum() > 0.01 * len(points)
    assert classes[missed].float().mean() > 0.95  # class 1, the ring


def test_one_more_dimension_tells_all_points_apart(circles):
    for variant in ("augmented", "both"):
        assert circles[variant].missed == 0


def test_what_a_flow_of_the_plane_attempts_makes_its_solves_dear(circles):
    for dear, cheap in (("plain", "augmented"), ("time-dependent", "both")):
        first, *_, last = circles[dear].evaluations
        assert last > 1.2 * first and last > circles[cheap].evaluations[-1]
    assert circles["plain"].evaluations[-1] > 1.1 * circles["augmented"].evaluations[-1]


def test_any_variant_knows_iris_flowers(found):
    iris = [run for run in found if run.data == "iris"]
    assert {run.variant for run in iris} == set(augmented.VARIANTS)
    assert all(run.missed <= 0.1 for run in iris)


def test_it_shows_what_it_found(found, shown):
    assert f"{found[0].missed:.2%}" in shown(augmented, found)
