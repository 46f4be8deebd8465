import math

import pytest
import torch

import ode
from ode import Status, integrate
from tests.ode.problems import ADAPTIVE, FIXED, MULTISTEP, Net, decay, doubles, lotka_volterra, oscillator


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


def test_a_deadline_may_come_while_the_solve_goes_on():
    seen = []

    def deadline():
        seen.append(len(seen))
        return math.inf if len(seen) < 4 else -math.inf

    solution = integrate(decay, doubles(2, 2), (0.0, 1.0), method="rk4", step=0.01, deadline=deadline)
    assert (solution.cost.status == Status.DEADLINE).all()
    assert solution.cost.accepted.tolist() == [3] * 2


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


def test_no_samples_are_solved_at_once():
    assert integrate(decay, torch.ones(0, 2), (0.0, 1.0)).states.shape == (0, 2)
