import math
import subprocess
import sys
from typing import get_args

import pytest
import torch
from torch import nn
from torchdiffeq import odeint

import ode
from ode import Gradient, Status, integrate, per_sample


def decay(t, y):
    return -y


def oscillator(t, y):
    return torch.stack((y[:, 1], -y[:, 0]), 1)


def time_dependent(t, y):
    return per_sample(torch.cos(t), y) * y


def lotka_volterra(t, y):
    hare, lynx = y[:, 0], y[:, 1]
    return torch.stack((1.5 * hare - hare * lynx, hare * lynx - 3 * lynx), 1)


def doubles(*shape):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.5


class Net(nn.Module):
    """A small dynamics with parameters, in float64."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.inner = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 3)).double()

    def forward(self, t, y):
        return self.inner(y) * per_sample(1 + t, y)


ADAPTIVE = [method.name for method in ode.methods() if method.kind == "adaptive"]
FIXED = [method.name for method in ode.methods() if method.kind == "fixed"]
IMPLICIT = [method.name for method in ode.methods() if method.kind == "implicit"]
MULTISTEP = [method.name for method in ode.methods() if method.kind == "multistep"]
TIGHT = {"rtol": 1e-12, "atol": 1e-12, "max_evaluations": 1_000_000}


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


@pytest.mark.parametrize("method", FIXED + MULTISTEP)
def test_fixed_steps_are_counted_and_have_no_error_estimate(method):
    chosen = ode.find_method(method)
    evaluations = 20 * chosen.stages if chosen.kind == "fixed" else 3 * chosen.stages + 17
    for dtype in (torch.float32, torch.float64):
        solution = integrate(decay, doubles(3, 2).to(dtype), (1.0, 0.0), method=method, step=0.05)
        assert solution.cost.accepted.tolist() == [20] * 3 and solution.cost.rejected.tolist() == [0] * 3
        assert solution.cost.evaluations.tolist() == [evaluations] * 3
        assert solution.cost.error.isnan().all() and solution.cost.solved.all()


@pytest.mark.parametrize("method", FIXED)
def test_a_fixed_step_that_leaves_the_numbers_keeps_the_last_good_state(method):
    start = torch.tensor([[1.0, 1.0], [1.0, 2.0]])

    def explode(t, y):
        return y.square().square()

    solution = integrate(explode, start, (0.0, 10.0), method=method, step=1.0)
    assert solution.cost.status.tolist() == [Status.NON_FINITE] * 2
    assert solution.states.isfinite().all()


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


@pytest.mark.parametrize("method", ADAPTIVE)
@pytest.mark.parametrize(("dtype", "within"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
@pytest.mark.parametrize("company", ["alone", "in a batch of 256", "beside NaN"])
def test_a_samples_answer_and_cost_depend_on_that_sample_alone(company, dtype, within, method):
    net, y0 = Net().to(dtype).requires_grad_(False), 3 * doubles(256, 3).to(dtype)
    if company == "beside NaN":
        y0[1] = math.nan
    whole = integrate(net, y0, (0.0, 4.0), method=method)
    count = 1 if company == "alone" else 16
    part = integrate(net, y0[:count].clone(), (0.0, 4.0), method=method)
    torch.testing.assert_close(part.states, whole.states[:count], atol=within, rtol=within, equal_nan=True)
    assert part.cost.evaluations.tolist() == whole.cost.evaluations[:count].tolist()
    assert part.cost.status.tolist() == whole.cost.status[:count].tolist()


def test_samples_have_steps_of_their_own():
    y0 = torch.tensor([[1e-6, 1e-6], [5.0, 5.0]], dtype=torch.float64)
    easy, hard = integrate(lotka_volterra, y0, (0.0, 4.0)).cost.evaluations.tolist()
    assert easy < hard


def test_evaluations_are_the_calls_of_the_dynamics():
    calls = 0

    def counted(t, y):
        nonlocal calls
        calls += 1
        return -y

    solution = integrate(counted, torch.ones(1, 1), (0.0, 5.0))
    assert int(solution.cost.evaluations) == calls == 2 + 6 * int(solution.cost.accepted + solution.cost.rejected)


def test_nan_ends_as_non_finite_and_harms_no_other():
    y0 = torch.tensor([[1.0], [math.nan], [2.0]])
    solution = integrate(decay, y0, (0.0, 1.0))
    assert solution.cost.status.tolist() == [Status.OK, Status.NON_FINITE, Status.OK]
    torch.testing.assert_close(solution.states[[0, 2]], y0[[0, 2]] * math.exp(-1), atol=1e-3, rtol=0)


def test_a_limit_of_evaluations_stops_with_the_best_state_so_far():
    solution = integrate(oscillator, torch.ones(1, 2), (0.0, 1000.0), max_evaluations=100)
    assert solution.cost.status.tolist() == [Status.EVALUATIONS_EXHAUSTED]
    assert 0 < int(solution.cost.evaluations) <= 100
    assert solution.states.isfinite().all()


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_a_limit_under_one_step_leaves_the_state_where_it_was(limit):
    solution = integrate(decay, torch.ones(1, 2), (0.0, 1.0), max_evaluations=limit)
    assert solution.cost.status.tolist() == [Status.EVALUATIONS_EXHAUSTED]
    assert int(solution.cost.evaluations) <= limit
    assert (solution.states == 1).all()


def test_a_solution_that_blows_up_ends_as_an_underflow_of_the_step():
    y0 = torch.tensor([[1.0], [-1.0]], dtype=torch.float64)
    solution = integrate(lambda t, y: y**2, y0, (0.0, 2.0), max_evaluations=100_000)  # infinite at t = 1 from y0 = 1
    assert solution.cost.status.tolist() == [Status.STEP_UNDERFLOW, Status.OK]
    assert solution.states[1].item() == pytest.approx(-1 / 3, abs=5e-3)


@pytest.mark.parametrize("times", [(0.0, 2.0), (50.0, 0.0), (0.0, 1e5)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_state_at_rest_stays_there_however_long(dtype, times):
    solution = integrate(decay, torch.zeros(2, 3, dtype=dtype), times)
    assert solution.cost.status.tolist() == [Status.OK] * 2
    assert (solution.states == 0).all()


@pytest.mark.parametrize("times", [(0.0, 1.0), (1.0, 0.0)])
def test_a_first_step_that_is_given_is_tried_first_and_none_is_spent_on_choosing(times):
    halves = integrate(decay, doubles(3, 2), times, rtol=1e-2, atol=1e-2, first_step=0.5)
    assert halves.cost.accepted.tolist() == [2] * 3
    assert halves.cost.evaluations.tolist() == [1 + 2 * 6] * 3
    whole = integrate(decay, doubles(3, 2), times, rtol=1e-2, atol=1e-2, first_step=7.0)
    assert whole.cost.evaluations.tolist() == [1 + 6] * 3


def test_a_deadline_stops_every_sample_that_has_not_arrived_and_keeps_its_last_state(monkeypatch):
    now = iter(range(1000))
    monkeypatch.setattr("ode.solve.loop.time.monotonic", lambda: next(now))
    y0 = torch.tensor([[0.0], [30.0]], dtype=torch.float64)
    options = {"rtol": 1e-8, "atol": 1e-8, "first_step": 1.0, "max_evaluations": 10**6}
    solution = integrate(lambda t, y: -y * y, y0, (0.0, 1.0), deadline=4, **options)
    assert solution.cost.status.tolist() == [Status.OK, Status.DEADLINE]
    assert (solution.cost.accepted + solution.cost.rejected).tolist() == [1, 4]
    assert 30 / 31 < solution.states[1] <= 30


def test_a_deadline_that_has_passed_begins_nothing_more():
    solution = integrate(decay, doubles(2, 2), (0.0, 1.0), deadline=-math.inf)
    assert (solution.cost.status == Status.DEADLINE).all()
    torch.testing.assert_close(solution.states, doubles(2, 2), rtol=0, atol=0)


def test_a_first_step_that_is_too_long_is_tried_again_shorter():
    solution = integrate(decay, doubles(3, 2), (0.0, 4.0), rtol=1e-6, atol=1e-6, first_step=4.0)
    assert (solution.cost.rejected >= 1).all() and solution.cost.solved.all()
    torch.testing.assert_close(solution.states, doubles(3, 2) * math.exp(-4), rtol=0, atol=1e-5)


@pytest.mark.parametrize("method", ADAPTIVE)
def test_a_state_that_grows_beyond_all_floats_is_no_solution(method):
    start = torch.full((1, 2), 3e38)
    solution = integrate(lambda t, y: torch.full_like(y, 3e38), start, (0.0, 1.0), method=method)
    assert solution.cost.status.item() != Status.OK
    assert solution.states.isfinite().all()


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


def test_no_samples_are_solved_at_once():
    assert integrate(decay, torch.ones(0, 2), (0.0, 1.0)).states.shape == (0, 2)


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
