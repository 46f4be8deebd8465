from typing import get_args

import pytest
import torch

from models import Solver
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
