import pytest
import torch

from examples import identify_nonlinear
from examples.identify_nonlinear import CLAIM, dynamics


@pytest.fixture(scope="module")
def found():
    return identify_nonlinear.study(identify_nonlinear.SMALLEST)


def test_the_learnt_trajectory_is_near_the_true_one(found):
    width = found.observed.true.amax(0) - found.observed.true.amin(0)
    assert found.distances.mean() < CLAIM < width.min() / 10


def test_the_slopes_along_the_trajectory_are_known(found):
    assert found.slope_error < 0.2


def test_the_true_dynamics_are_those_of_the_text():
    """On the border of the two sides both count half: (A (z - c) + B (z + c)) / 2 at z = (0, 1), c = (-1, 0)."""
    slope = dynamics(torch.zeros(1), torch.tensor([[0.0, 1.0]]))
    torch.testing.assert_close(slope, torch.tensor([[(-0.1 - 0.5 - 0.2 + 1.0) / 2, (0.5 - 0.1 + 1.0 + 0.2) / 2]]))


def test_it_shows_what_it_found(found, shown):
    assert f"{found.distances.mean():.3f}" in shown(identify_nonlinear, found)
