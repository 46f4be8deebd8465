from dataclasses import replace

import pytest
import torch

from ecg import LABELS
from models import Classifier
from training.evaluation.depth import depth_cost

STATE = 64 * 46 * 4
"""Bytes of a beat's state."""


def altered(name, **changes):
    """A released checkpoint with another architecture, and as many of its weights as that has place for."""
    checkpoint = Classifier.load(name).checkpoint
    architecture = checkpoint.info.architecture.model_copy(update=changes)
    info = checkpoint.info.model_copy(
        update={
            "architecture": architecture,
            "recipe": checkpoint.info.recipe
            | {"architecture": architecture.model_dump(), "cycles": [{"epochs": 1, "learning_rate": 0.1}]},
        }
    )
    network = architecture.build(len(LABELS))
    network.load_state_dict(checkpoint.weights, strict=False)
    return replace(checkpoint, info=info, weights=network.state_dict())


def test_a_residual_network_keeps_as_much_more_with_each_block():
    costs = [depth_cost(altered("resnet", blocks=blocks)) for blocks in (1, 2, 3)]
    assert costs[0].a_layer == costs[1].a_layer == costs[2].a_layer > 2 * STATE
    assert costs[2].kept - costs[1].kept == costs[1].kept - costs[0].kept == costs[0].a_layer


def test_going_back_through_the_solver_keeps_as_much_more_with_each_evaluation():
    cost = depth_cost(Classifier.load("odenet").checkpoint)
    assert cost.a_layer > 2 * STATE and cost.kept > 7 * 0.9 * cost.a_layer


@pytest.mark.parametrize("gradient", ["adjoint", "checkpointed"])
def test_without_going_through_the_solver_nothing_more_is_kept_with_more_evaluations(gradient):
    assert depth_cost(altered("odenet", gradient=gradient)).a_layer == 0


def test_where_both_solves_cost_the_same_nothing_is_told_of_one_evaluation_more():
    assert depth_cost(altered("odenet", gradient="torchdiffeq")).a_layer is None


def test_measuring_leaves_the_checkpoint_as_it_is():
    checkpoint = Classifier.load("odenet").checkpoint
    before = {name: weight.clone() for name, weight in checkpoint.weights.items()}
    depth_cost(checkpoint)
    assert all(torch.equal(before[name], weight) for name, weight in checkpoint.weights.items())
