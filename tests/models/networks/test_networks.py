from typing import get_args

import pytest
import torch

from models import NoSolver, ODENetArchitecture, ResNetArchitecture, Solver
from ode import Gradient


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_networks_have_the_studys_sizes():
    assert parameters(ResNetArchitecture().build(5)) == 182_853
    assert parameters(ODENetArchitecture().build(5)) == 59_333


@pytest.mark.parametrize("augmented", [8, 32])
def test_an_augmented_odenet_has_more_channels_all_of_which_move(augmented, beats):
    torch.manual_seed(0)
    network = ODENetArchitecture(augmented=augmented).build(5).eval()
    channels = 64 + augmented
    convolutions = 2 * (3 * (channels + 1) * channels + channels)
    assert parameters(network.dynamics) == convolutions + 3 * 2 * channels
    with torch.no_grad():
        output = network(torch.from_numpy(beats[:4]))
    start, end = output.solution.start, output.solution.states
    assert start.shape == end.shape == (4, channels, 46)
    assert (start[:, 64:] == 0).all() and (start[:, :64].abs().sum(dim=(0, 2)) > 0).any()
    assert (end[:, 64:].abs().sum(dim=2) > 0).all()


def test_a_resnet_takes_no_solver():
    with pytest.raises(NoSolver):
        ResNetArchitecture().build(5)(torch.zeros(1, 187), Solver())


def test_an_odenets_solver_can_be_changed_after_training():
    network = ODENetArchitecture().build(5).eval()
    beats = torch.rand(4, 187, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        coarse, fine = (network(beats, Solver(rtol=tol, atol=tol)).solution for tol in (1e-1, 1e-5))
    assert (fine.cost.evaluations > coarse.cost.evaluations).all()


@pytest.mark.parametrize("gradient", get_args(Gradient))
def test_every_parameter_of_an_odenet_gets_a_gradient(gradient):
    torch.manual_seed(0)
    network = ODENetArchitecture(gradient=gradient).build(5)
    network(torch.rand(4, 187)).logits.sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in network.parameters())


@pytest.mark.parametrize("gradient", get_args(Gradient))
def test_an_odenet_trains_under_autocast_near_what_it_does_without(gradient, beats):
    def gradients(enabled):
        torch.manual_seed(0)
        network = ODENetArchitecture(gradient=gradient).build(5)
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            output = network(torch.from_numpy(beats[:8]))
        assert output.solution.states.dtype == torch.float32
        output.logits.float().square().sum().backward()
        return torch.cat([parameter.grad.flatten() for parameter in network.parameters()])

    assert torch.cosine_similarity(gradients(True), gradients(False), dim=0) > 0.95


def test_an_odenet_tells_the_error_of_its_solver_while_it_is_trained_alone(beats):
    network = ODENetArchitecture().build(5)
    assert network.train()(torch.from_numpy(beats[:2])).solver_error > 0
    assert network.eval()(torch.from_numpy(beats[:2])).solver_error is None
