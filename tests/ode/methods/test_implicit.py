import math
from typing import Any

import pytest
import torch
from torch import nn

import ode
from ode import Status, integrate, per_sample
from tests.ode.problems import IMPLICIT, TIGHT, Net, doubles, oscillator


def stiff(t, y):
    """Prothero and Robinson's problem: whatever it starts from, it hurries to cos(t)."""
    return -1e6 * (y - per_sample(torch.cos(t), y)) - per_sample(torch.sin(t), y)


@pytest.mark.parametrize("method", IMPLICIT)
def test_a_stiff_problem_is_solved_by_steps_that_no_explicit_method_could_take(method):
    y0 = torch.ones(2, 1, dtype=torch.float64)
    solution = integrate(stiff, y0, (0.0, 1.0), method=method, step=0.05, rtol=1e-8, atol=1e-8)
    assert solution.cost.solved.all() and solution.cost.accepted.tolist() == [20, 20]
    assert (solution.states - math.cos(1)).abs().max() < 1e-3
    explicit = integrate(stiff, y0, (0.0, 1.0), method="rk4", step=0.05)
    assert not explicit.cost.solved.any() or (explicit.states - math.cos(1)).abs().max() > 1e3


def test_implicit_euler_forgets_a_start_that_is_off():
    solution = integrate(stiff, torch.tensor([[5.0]], dtype=torch.float64), (0.0, 1.0), method="implicit_euler",
                         step=0.1, rtol=1e-8, atol=1e-8)  # fmt: skip
    assert solution.states.item() == pytest.approx(math.cos(1), abs=1e-4)


def test_the_midpoint_rule_keeps_the_size_of_a_rotation():
    y0 = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    solution = integrate(oscillator, y0, (0.0, 50.0), method="implicit_midpoint", step=0.25, **TIGHT)
    assert solution.states.norm().item() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("method", IMPLICIT)
def test_the_equation_of_a_step_is_solved_to_the_tolerance(method):
    """A tighter tolerance moves the answer by less than the looser one promised."""
    loose, tight = (
        integrate(Net(), doubles(4, 3), (0.0, 1.0), method=method, step=0.25, rtol=tol, atol=tol).states
        for tol in (1e-4, 1e-12)
    )
    assert 0 < (loose - tight).abs().max() < 1e-4


@pytest.mark.parametrize("method", IMPLICIT)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_samples_answer_and_cost_depend_on_that_sample_alone(method, dtype):
    y0 = 3 * doubles(16, 3).to(dtype)
    y0[1] = math.nan
    net = Net().to(dtype)
    together = integrate(net, y0, (0.0, 1.0), method=method, step=0.2)
    alone = integrate(net, y0[:1], (0.0, 1.0), method=method, step=0.2)
    torch.testing.assert_close(
        alone.states, together.states[:1], rtol=0, atol=1e-5 if dtype == torch.float32 else 1e-12
    )
    if dtype == torch.float64:  # in 32 bits, rounding may ask for one Newton step more
        assert alone.cost.evaluations.tolist() == together.cost.evaluations[:1].tolist()
    assert together.cost.status.tolist() == [Status.OK, Status.NON_FINITE] + [Status.OK] * 14


def test_its_cost_is_the_calls_of_the_dynamics():
    calls = 0

    def counted(t, y):
        nonlocal calls
        calls += 1
        return -(y**3)

    solution = integrate(counted, doubles(1, 4), (0.0, 1.0), method="implicit_euler", step=0.5)
    assert solution.cost.evaluations.item() == calls


@pytest.mark.parametrize("limit", [5, 17, 60])
def test_it_costs_no_more_than_its_limit(limit):
    solution = integrate(Net(), doubles(4, 3), (0.0, 10.0), method="crank_nicolson", step=0.1, max_evaluations=limit)
    assert (solution.cost.status == Status.EVALUATIONS_EXHAUSTED).all()
    assert (solution.cost.evaluations <= limit).all() and solution.states.isfinite().all()


def test_a_step_whose_equation_has_no_solution_is_tried_again_shorter():
    """From y = 1, a step of 1/2 of implicit Euler on y' = y^2 asks for y = 1 + y^2 / 2, which no real y is."""
    y0 = torch.ones(1, 1, dtype=torch.float64)
    solution = integrate(lambda t, y: y**2, y0, (0.0, 0.5), method="implicit_euler", step=0.5, rtol=1e-8, atol=1e-8)
    assert solution.cost.status.item() == Status.OK and solution.cost.rejected.item() >= 1
    assert solution.states.item() == pytest.approx(2.0, rel=0.35)


@pytest.mark.parametrize("method", IMPLICIT)
@pytest.mark.parametrize("gradient", ["direct", "checkpointed"])
def test_its_gradient_is_that_of_the_implicit_function(method, gradient):
    net, y0 = Pendulum(), doubles(2, 2)
    options = {"method": method, "step": 0.5, **TIGHT}

    def solve(y, *_):
        return integrate(net, y, (0.0, 1.0), gradient=gradient, **options).states

    assert torch.autograd.gradcheck(solve, (y0.requires_grad_(), *net.parameters()), atol=1e-6)


class Pendulum(nn.Module):
    """With a friction that can be learnt."""

    def __init__(self):
        super().__init__()
        self.friction = nn.Parameter(torch.tensor(0.3, dtype=torch.float64))

    def forward(self, t, y):
        angle, speed = y.unbind(1)
        return torch.stack((speed, -angle.sin() - self.friction * speed), 1)


@pytest.mark.parametrize("method", IMPLICIT)
def test_the_adjoint_nears_the_gradient_of_the_equation(method):
    def gradient_by(mode, **options):
        net, y0 = Net(), doubles(3, 3).requires_grad_()
        integrate(net, y0, (0.0, 1.0), gradient=mode, **TIGHT, **options).states.square().sum().backward()
        return torch.cat([y0.grad.flatten(), *(parameter.grad.flatten() for parameter in net.parameters())])

    exact = gradient_by("direct", method="dopri5")
    errors = [(gradient_by("adjoint", method=method, step=step) - exact).norm().item() for step in (0.1, 0.05)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(ode.find_method(method).order, abs=0.3)


class Wide(nn.Module):
    """A state of more numbers than GMRES has dimensions."""

    def forward(self, t, y):
        return -y + 0.3 * torch.tanh(y.roll(1, dims=2))


def test_a_wide_state_of_any_shape_is_solved_too():
    y0 = doubles(2, 4, 50)
    options: dict[str, Any] = {"step": 0.05, "rtol": 1e-8, "atol": 1e-8, "max_evaluations": 100_000}
    solution = integrate(Wide(), y0, (0.0, 1.0), method="implicit_midpoint", **options)
    exact = integrate(Wide(), y0, (0.0, 1.0), rtol=1e-10, atol=1e-10).states
    torch.testing.assert_close(solution.states, exact, rtol=0, atol=1e-3)
