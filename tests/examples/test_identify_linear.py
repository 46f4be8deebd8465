import pytest
import torch

from examples import identify_linear
from examples.identify_linear import CLAIM, MATRIX, Linear


@pytest.fixture(scope="module")
def found():
    return identify_linear.study(identify_linear.SMALLEST)


def test_the_matrix_is_found_within_2_percent(found):
    assert CLAIM == 0.02
    assert found.off[-1] < CLAIM
    assert (found.system.matrix - torch.tensor(MATRIX)).norm() < CLAIM * torch.tensor(MATRIX).norm()


def test_it_was_not_known_before(found):
    assert found.off[0] > 10 * CLAIM


def test_how_far_a_matrix_is_off_is_a_share_of_the_true_one():
    assert Linear(torch.tensor(MATRIX)).off() == 0
    assert Linear(1.5 * torch.tensor(MATRIX)).off() == pytest.approx(0.5)


def test_it_shows_what_it_found(found, shown):
    assert f"{found.off[-1]:.2%}" in shown(identify_linear, found)
