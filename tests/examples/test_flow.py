import math

import pytest
import torch

from examples import flow as flow_example
from examples.flow import Flow, fit_flow
from ode import integrate


@pytest.fixture
def flow():
    """One that bends space."""
    torch.manual_seed(1)
    flow = Flow(2, width=16)
    torch.nn.init.normal_(flow.last.weight, std=0.5)
    return flow.double()


@pytest.fixture(scope="module")
def found():
    return flow_example.study(flow_example.SMALLEST)


def test_the_trace_is_that_of_the_jacobian(flow):
    state, t = torch.randn(5, 3, dtype=torch.float64), torch.rand(5, dtype=torch.float64)
    traces = flow(t, state)[:, -1]
    for point in range(5):
        jacobian = torch.autograd.functional.jacobian(
            lambda x, point=point: flow(t[point : point + 1], torch.cat((x, state[point, 2:]))[None])[0, :2],
            state[point, :2],
        )
        torch.testing.assert_close(traces[point], jacobian.trace())


def test_the_estimate_of_the_trace_is_true_on_average(flow):
    x, t = torch.randn(1, 2, dtype=torch.float64), torch.rand(1, dtype=torch.float64)
    exact = flow(t, torch.cat((x, x[:, :1]), dim=1))[:, 2]
    signs = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], dtype=torch.float64)  # all there are
    slopes = flow(t.expand(4), torch.cat((x.expand(4, 2), x[:, :1].expand(4, 1), signs), dim=1))
    assert slopes[:, 2].std() > 1e-3
    torch.testing.assert_close(slopes[:, 2].mean(dim=0, keepdim=True), exact)
    assert not slopes[:, 3:].any(), "the signs stay as they are"


def test_what_is_carried_there_and_back_is_where_it_was(flow):
    torch.manual_seed(2)
    normal = torch.randn(5, 2)
    torch.manual_seed(2)
    samples = flow.float().sample(5)
    there = torch.cat((samples, torch.zeros(5, 1)), dim=1)
    back = integrate(flow, there, (0.0, 1.0), method="rk4", step=flow_example.STEP).states[:, :2]
    torch.testing.assert_close(back, normal, atol=1e-2, rtol=0)
    assert not torch.allclose(samples, normal, atol=0.1)


def test_a_density_is_one_in_all(flow):
    axis = torch.linspace(-12, 12, 101, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    with torch.no_grad():
        density = flow.log_density(grid).exp()
    assert density.sum() * (axis[1] - axis[0]) ** 2 == pytest.approx(1, abs=2e-3)
    assert not torch.allclose(density, standard_normal(grid).exp(), atol=1e-2)


def test_a_flow_begins_as_a_standard_normal():
    points = torch.randn(10, 3)
    torch.testing.assert_close(Flow(3).log_density(points), standard_normal(points))


def standard_normal(points):
    """The logarithm of its density there."""
    return torch.distributions.Normal(0, 1).log_prob(points).sum(dim=1)


def test_a_fitted_flow_knows_where_the_points_are():
    torch.manual_seed(0)
    angle = 2 * math.pi * torch.rand(2000)
    ring = 2 * torch.stack((angle.cos(), angle.sin()), dim=1) + 0.1 * torch.randn(2000, 2)
    flow = fit_flow(ring, steps=150, width=64)
    with torch.no_grad():
        on, centre = flow.log_density(ring).mean(), flow.log_density(torch.zeros(1, 2))
    assert on > centre + 1


@pytest.mark.parametrize("trace", ["exact trace", "estimated trace"])
def test_the_density_of_the_moons_is_one_in_all_within_1_percent(found, trace):
    assert found[trace].mass == pytest.approx(1, abs=0.01)


@pytest.fixture(scope="module")
def unfitted():
    torch.manual_seed(0)
    return flow_example.examine(Flow(2), flow_example.draw_moons(100))


@pytest.mark.parametrize("trace", ["exact trace", "estimated trace"])
def test_points_drawn_by_running_backward_are_on_the_moons(found, unfitted, trace):
    assert unfitted.near < 0.6 and found[trace].near > 0.8
    assert found[trace].likelihood > unfitted.likelihood + 0.5


def test_it_shows_what_it_found(found, shown):
    assert f"{found['exact trace'].mass:.4f}" in shown(flow_example, found)
