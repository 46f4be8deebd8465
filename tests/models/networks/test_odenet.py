from typing import get_args

import pytest
import torch

from models import ODENetArchitecture, Solver
from models.networks.blocks import ConvDynamics
from models.networks.odenet import solve, solver_error
from ode import Gradient


@pytest.fixture
def dynamics():
    torch.manual_seed(0)
    return ConvDynamics()


@pytest.fixture
def start():
    return torch.randn(5, 64, 46, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("solver", [Solver(), Solver("euler", step=0.25), Solver("implicit_midpoint", step=0.5)])
def test_a_state_that_moves_at_one_speed_has_moved_by_it_at_the_end(dynamics, start, solver):
    speed = torch.randn(64, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        dynamics.norm3.weight.zero_()
        dynamics.norm3.bias.copy_(speed)
        solution = solve(dynamics, start, solver, "direct")
    torch.testing.assert_close(solution.states, start + speed[:, None], atol=1e-5, rtol=0)


@pytest.mark.parametrize("gradient", get_args(Gradient))
def test_the_solution_is_the_same_however_it_is_differentiated_and_where_it_is_not(dynamics, start, gradient):
    solver = Solver(rtol=1e-5, atol=1e-5)
    with torch.no_grad():
        expected = solve(dynamics, start, solver, gradient).states
    states = solve(dynamics, start, solver, gradient).states
    assert states.requires_grad and not expected.requires_grad
    torch.testing.assert_close(states.detach(), expected, atol=5e-3, rtol=0)


def test_what_a_call_says_of_the_solver_is_obeyed(dynamics, start):
    with torch.no_grad():
        assert (solve(dynamics, start, Solver("rk4", step=0.25), "direct").cost.evaluations == 16).all()
        assert (
            solve(dynamics, start, Solver("dopri5", rtol=9, atol=9, first_step=1.0), "direct").cost.accepted == 1
        ).all()
        limited = solve(dynamics, start, Solver(rtol=1e-7, atol=1e-7, max_evaluations=20), "direct")
    assert (limited.cost.evaluations <= 20).all() and (limited.cost.status != 0).all()


def test_the_error_is_told_over_the_size_of_the_start_as_the_mean_of_the_batch(dynamics, start):
    start = start * torch.tensor([1.0, 2.0, 5.0, 10.0, 100.0])[:, None, None]
    with torch.no_grad():
        solution = solve(dynamics, start, Solver(), "direct")
        sizes = start.square().mean(dim=(1, 2)).sqrt()
        torch.testing.assert_close(solver_error(solution, start), (solution.cost.error / sizes).sum() / 5)
    assert (solution.cost.error > 0).all()


@pytest.mark.parametrize("augmented", [8, 32])
def test_an_augmented_odenet_has_more_channels_all_of_which_move(augmented, beats):
    torch.manual_seed(0)
    network = ODENetArchitecture(augmented=augmented).build(5).eval()
    channels = 64 + augmented
    convolutions = 2 * (3 * (channels + 1) * channels + channels)
    assert sum(parameter.numel() for parameter in network.dynamics.parameters()) == convolutions + 3 * 2 * channels
    with torch.no_grad():
        output = network(torch.from_numpy(beats[:4]))
    start, end = output.solution.start, output.solution.states
    assert start.shape == end.shape == (4, channels, 46)
    assert (start[:, 64:] == 0).all() and (start[:, :64].abs().sum(dim=(0, 2)) > 0).any()
    assert (end[:, 64:].abs().sum(dim=2) > 0).all()


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
