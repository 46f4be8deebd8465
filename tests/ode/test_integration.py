import math
import subprocess
import sys
from typing import get_args

import pytest
import torch
from torch import nn
from torchdiffeq import odeint

import ode
from ode import Gradient, integrate
from tests.ode.problems import (
    ADAPTIVE,
    FIXED,
    IMPLICIT,
    MULTISTEP,
    TIGHT,
    Net,
    decay,
    doubles,
    lotka_volterra,
    oscillator,
    time_dependent,
)


@pytest.mark.parametrize("method", ADAPTIVE)
@pytest.mark.parametrize("tolerance", [1e-3, 1e-5])
def test_the_error_stays_near_the_tolerance(method, tolerance):
    y0 = doubles(4, 1)
    for f, exact in ((decay, y0 * math.exp(-2)), (time_dependent, y0 * math.exp(math.sin(2)))):
        solution = integrate(f, y0, (0.0, 2.0), method=method, rtol=tolerance, atol=tolerance, max_evaluations=100_000)
        assert solution.cost.solved.all()
        assert (solution.states - exact).abs().max() < 20 * tolerance


@pytest.mark.parametrize("method", ADAPTIVE)
def test_the_global_error_falls_with_the_tolerance_as_the_order_promises(method):
    """Work grows like tolerance^(-1/order): from 1e-3 to 1e-6 the steps multiply by 10^(3/order)."""
    y0 = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    steps = []
    for tolerance in (1e-3, 1e-6):
        solution = integrate(oscillator, y0, (0.0, 10.0), method=method, rtol=tolerance, atol=tolerance,
                             max_evaluations=10**6)  # fmt: skip
        steps.append(int(solution.cost.accepted))
    measured = math.log10(steps[1] / steps[0])
    assert measured == pytest.approx(3 / ode.find_method(method).order, rel=0.25)


@pytest.mark.parametrize("method", FIXED + IMPLICIT + MULTISTEP)
@pytest.mark.parametrize(("f", "factor"), [(decay, math.exp(-1)), (time_dependent, math.exp(math.sin(1)))])
def test_the_error_of_fixed_steps_falls_with_the_step_as_the_order_promises(method, f, factor):
    y0 = doubles(1, 1)
    errors = [(integrate(f, y0, (0.0, 1.0), method=method, step=step, **TIGHT).states - factor * y0).abs().item()
              for step in (0.02, 0.01)]  # fmt: skip
    assert math.log2(errors[0] / errors[1]) == pytest.approx(ode.find_method(method).order, abs=0.15)


def test_a_long_orbit_comes_back():
    y0 = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    solution = integrate(oscillator, y0, (0.0, 4 * math.pi), rtol=1e-9, atol=1e-9, max_evaluations=100_000)
    torch.testing.assert_close(solution.states, y0, atol=1e-7, rtol=0)


def test_time_can_run_backward():
    y0 = doubles(3, 2)
    forth = integrate(lotka_volterra, y0, (0.0, 1.0), rtol=1e-9, atol=1e-9, max_evaluations=100_000)
    back = integrate(lotka_volterra, forth.states, (1.0, 0.0), rtol=1e-9, atol=1e-9, max_evaluations=100_000)
    torch.testing.assert_close(back.states, y0, atol=1e-7, rtol=0)


@pytest.mark.parametrize("f", [decay, time_dependent, lotka_volterra])
def test_it_agrees_with_torchdiffeq(f):
    y0 = doubles(1, 2)
    ours = integrate(f, y0, (0.0, 2.0), rtol=1e-11, atol=1e-11, max_evaluations=100_000).states
    theirs = odeint(
        lambda t, y: f(t.expand(1), y), y0, torch.tensor([0.0, 2.0], dtype=torch.float64), rtol=1e-11, atol=1e-11
    )
    torch.testing.assert_close(ours, theirs[-1], atol=1e-9, rtol=0)


def test_a_direct_gradient_from_a_start_of_zero_is_a_number():
    y0 = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    integrate(Net(), y0, (0.0, 1.0), gradient="direct").states.sum().backward()
    assert y0.grad.isfinite().all()


class Slowing(nn.Module):
    """dy/dt = -k y, for states of any shape."""

    def __init__(self):
        super().__init__()
        self.rate = nn.Parameter(torch.tensor(2.0, dtype=torch.float64))

    def forward(self, t, y):
        return -self.rate * y


@pytest.mark.parametrize(
    ("method", "gradient"),
    [*((method.name, "direct") for method in ode.methods()), *(("dopri5", mode) for mode in get_args(Gradient))],
)
def test_a_state_may_be_a_single_number_a_sample(method, gradient):
    found = []
    for y0 in (doubles(3), doubles(3, 1)):
        f, y0 = Slowing(), y0.requires_grad_()
        step = 0.1 if ode.find_method(method).takes_step else None
        path = integrate(f, y0, (0.0, 0.5, 1.0), method=method, step=step, gradient=gradient).path
        path.sum().backward()
        found.append((path.flatten(1), y0.grad.flatten(), f.rate.grad))
    for scalar, vector in zip(*found, strict=True):
        torch.testing.assert_close(scalar, vector)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rtol": 0.0}, "rtol 0.0"),
        ({"rtol": -1.0}, "rtol -1.0"),
        ({"atol": math.nan}, "atol nan"),
        ({"max_evaluations": 0}, "max_evaluations 0"),
        ({"gradient": "adjiont"}, "adjoint, checkpointed, direct, torchdiffeq"),
        ({"first_step": 0.0}, "first_step 0.0"),
        ({"step": 0.1}, "dopri5 chooses its own steps"),
        ({"method": "rk4"}, "rk4 takes the steps that it is given"),
        ({"method": "rk4", "step": 0.1, "first_step": 0.1}, "rk4 takes the steps that it is given"),
        ({"method": "rk4", "step": -0.1}, "step -0.1"),
        ({"first_step": -1.0}, "first_step -1.0"),
        ({"times": (0.0, 0.0)}, "times"),
        ({"times": (0.0, math.inf)}, "times"),
        ({"times": (0.0,)}, "times"),
        ({"times": (0.0, 2.0, 1.0)}, "rise, or fall"),
        ({"times": torch.zeros(2, 2)}, r"shape \[2, 2\]"),
        ({"y0": torch.ones(2, dtype=torch.int64)}, "y0"),
        ({"method": "magic"}, "magic"),
    ],
)
def test_settings_that_no_solve_can_honour_are_refused(wrong, message):
    arguments = {"y0": torch.ones(1, 1), "times": (0.0, 1.0), **wrong}
    with pytest.raises(ode.InvalidSolver, match=message):
        integrate(decay, **arguments)


PROGRAM = """
import ode, torch
for wrong in ({"rtol": -1.0}, {"rtol": 0.0}, {"max_evaluations": 0}, {"method": "magic"}):
    try:
        ode.integrate(lambda t, y: -y, torch.ones(1, 1), (0.0, 1.0), **wrong)
    except ode.OdeError as error:
        print("expected" in str(error), __debug__)
"""


def test_they_are_refused_without_assertions_too():
    ended = subprocess.run([sys.executable, "-O", "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ended.stdout.split("\n")[:-1] == ["True False"] * 4, ended.stderr


def gradients(gradient, tolerance=1e-9):
    net, y0 = Net(), doubles(5, 3).requires_grad_()
    solution = integrate(
        net, y0, (0.0, 1.0), rtol=tolerance, atol=tolerance, gradient=gradient, max_evaluations=100_000
    )
    solution.states.square().sum().backward()
    return [y0.grad, *(parameter.grad for parameter in net.parameters())]


def test_direct_gradients_and_the_adjoints_agree():
    for direct, adjoint in zip(gradients("direct"), gradients("torchdiffeq"), strict=True):
        torch.testing.assert_close(direct, adjoint, atol=1e-6, rtol=1e-6)


def test_direct_gradients_agree_with_finite_differences():
    net, y0 = Net(), doubles(1, 3)
    solve = lambda y: integrate(net, y, (0.0, 1.0), rtol=1e-9, atol=1e-9, gradient="direct").states  # noqa: E731
    assert torch.autograd.gradcheck(solve, (y0.requires_grad_(),), atol=1e-5)


def test_without_a_gradient_nothing_is_kept_for_one():
    assert not integrate(Net(), doubles(2, 3).requires_grad_(), (0.0, 1.0)).states.requires_grad
