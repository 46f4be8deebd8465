import pytest
import torch

from models import NoSolver, Solver
from models.networks.resnet import ResNet


def test_it_takes_no_solver():
    with pytest.raises(NoSolver):
        ResNet()(torch.zeros(1, 187), Solver())
