import pytest
import torch
from torch import nn

from examples.classification import Labelled, cross_entropy, learn, missed


@pytest.fixture
def halves():
    """Images whose left or whose right half is black."""
    images = torch.zeros(1200, 1, 4, 4)
    images[::2, ..., :2] = images[1::2, ..., 2:] = 1
    return Labelled(images, torch.arange(1200) % 2)


def test_what_is_learnt_is_told_apart(halves):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    learn(network, halves, 20, 0.1)
    assert missed(network, halves) == 0 and cross_entropy(network, halves) < 0.1


def test_the_share_that_is_missed_is_of_all_images(halves):
    last = nn.Linear(16, 2)
    network = nn.Sequential(nn.Flatten(), last)
    nn.init.zeros_(last.weight)
    last.bias.data = torch.tensor([1.0, 0.0])
    assert missed(network, halves) == 0.5
    assert missed(network, halves.pick(torch.tensor([0, 1, 2]))) == pytest.approx(1 / 3)
