import math

import pytest
import torch

import ode
from ode import Status, integrate
from tests.ode.problems import TIGHT, decay, doubles, lotka_volterra, oscillator

GIVEN = [method.name for method in ode.methods() if method.kind != "adaptive"]
ADAPTIVE = [method.name for method in ode.methods() if method.kind == "adaptive"]
FORTH = (0.0, 0.013, 0.5, 0.77, 0.78, 0.79, 2.0)


def circle(times):
    """The oscillator's exact path from (1, 0)."""
    t = torch.tensor(times, dtype=torch.float64)
    return torch.stack((t.cos(), -t.sin()), 1)[:, None]


@pytest.mark.parametrize("method", ADAPTIVE)
@pytest.mark.parametrize("times", [FORTH, FORTH[::-1]])
def test_states_on_the_way_are_as_true_as_that_at_the_end(method, times):
    y0 = circle(times)[0]
    solution = integrate(oscillator, y0, times, method=method, rtol=1e-6, atol=1e-6, max_evaluations=100_000)
    assert solution.path.shape == (7, 1, 2)
    assert (solution.path - circle(times)).abs().max() < 2e-5


@pytest.mark.parametrize("method", GIVEN)
def test_states_between_given_steps_keep_the_order(method):
    times = (0.0, 0.313, 0.777, 1.0)

    def error(step):
        path = integrate(oscillator, circle(times)[0], times, method=method, step=step, **TIGHT).path
        return (path - circle(times))[1:-1].norm().item()

    order = ode.find_method(method).order
    assert math.log2(error(0.02) / error(0.01)) == pytest.approx(order, abs=0.5)


@pytest.mark.parametrize(("method", "order"), [("dopri5", 4), ("tsit5", 4), ("bosh3", 3)])
def test_the_interpolant_is_of_the_order_that_it_claims_within_one_step(method, order):
    """Its error within one step of length h falls like h^(order + 1)."""

    def error(h):
        times = (0.0, 0.3 * h, 0.6 * h, h)
        loose = {"method": method, "rtol": 1e3, "atol": 1e3, "first_step": 2.0}
        solution = integrate(oscillator, circle(times)[0], times, **loose)
        assert solution.cost.accepted.item() == 1
        return (solution.path - circle(times))[1:-1].norm().item()

    assert math.log2(error(0.4) / error(0.2)) > order + 0.6


@pytest.mark.parametrize("method", ADAPTIVE)
def test_asking_for_states_on_the_way_costs_no_step_where_there_is_dense_output(method):
    asked = [integrate(lotka_volterra, doubles(3, 2), times, method=method) for times in ((0.0, 2.0), FORTH)]
    if ode.find_method(method).dense:
        # The interpolant of the last step needs the slope at its end, which other methods have anyway.
        end_slope = 0 if ode.find_method(method).first_same_as_last else 1
        assert (asked[0].cost.evaluations + end_slope).tolist() == asked[1].cost.evaluations.tolist()
        torch.testing.assert_close(asked[0].states, asked[1].states, rtol=0, atol=1e-13)
    else:
        assert (asked[1].cost.accepted >= len(FORTH) - 1).all()


def test_each_sample_has_its_own_path_whatever_its_steps():
    y0 = torch.tensor([[1e-6, 1e-6], [5.0, 5.0]], dtype=torch.float64)
    both = integrate(lotka_volterra, y0, FORTH)
    alone = [integrate(lotka_volterra, y.unsqueeze(0), FORTH).path for y in y0]
    torch.testing.assert_close(both.path, torch.cat(alone, 1), rtol=0, atol=1e-12)


def test_a_sample_that_does_not_arrive_holds_its_last_good_state():
    solution = integrate(lambda t, y: y**2, torch.ones(1, 1, dtype=torch.float64), (0.0, 0.5, 2.0, 3.0),
                         max_evaluations=300)  # fmt: skip
    assert solution.cost.status.item() != Status.OK
    assert solution.path[1].item() == pytest.approx(2.0, abs=0.01)
    assert solution.path[2].item() == solution.path[3].item() == solution.states.item()


def test_many_times_are_met():
    times = torch.linspace(0, 2, 1000, dtype=torch.float64)
    path = integrate(decay, doubles(3, 1), times, rtol=1e-8, atol=1e-8).path
    torch.testing.assert_close(path, doubles(3, 1) * (-times).exp()[:, None, None], rtol=0, atol=1e-6)


def gradients(gradient, tolerance=1e-10):
    """dL/dy0 and dL/dp of a loss in every state of the path."""
    from tests.ode.problems import Net

    net, y0 = Net(), doubles(4, 3).requires_grad_()
    options = {"rtol": tolerance, "atol": tolerance, "max_evaluations": 1_000_000}
    path = integrate(net, y0, (0.0, 0.2, 0.21, 0.9, 1.0), gradient=gradient, **options).path
    (torch.arange(1.0, 1 + path.numel(), dtype=path.dtype).view_as(path) * path).square().sum().backward()
    return y0.grad, torch.cat([parameter.grad.flatten() for parameter in net.parameters()])


@pytest.mark.parametrize("gradient", ["adjoint", "checkpointed", "torchdiffeq"])
def test_gradients_come_from_every_state_on_the_way(gradient):
    for got, direct in zip(gradients(gradient), gradients("direct"), strict=True):
        torch.testing.assert_close(got, direct, rtol=1e-6, atol=1e-6)


def test_the_checkpointed_gradient_of_the_path_is_the_direct_one_at_any_tolerance():
    for again, direct in zip(gradients("checkpointed", 1e-1), gradients("direct", 1e-1), strict=True):
        torch.testing.assert_close(again, direct, rtol=1e-10, atol=1e-10)
