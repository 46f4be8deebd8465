import math

import pytest
import torch

from benchmarks.flow import Flow, fit_flow


@pytest.fixture
def flow():
    """One that bends space."""
    torch.manual_seed(1)
    flow = Flow(2, width=16)
    torch.nn.init.normal_(flow.last.weight, std=0.5)
    return flow.double()


def test_the_trace_is_that_of_the_jacobian(flow):
    state, t = torch.randn(5, 3, dtype=torch.float64), torch.rand(5, dtype=torch.float64)
    traces = flow(t, state)[:, -1]
    for point in range(5):
        jacobian = torch.autograd.functional.jacobian(
            lambda x, point=point: flow(t[point : point + 1], torch.cat((x, state[point, 2:]))[None])[0, :2],
            state[point, :2],
        )
        torch.testing.assert_close(traces[point], jacobian.trace())


def test_a_density_is_one_in_all(flow):
    axis = torch.linspace(-12, 12, 161, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    with torch.no_grad():
        density = flow.log_density(grid).exp()
    assert density.sum() * (axis[1] - axis[0]) ** 2 == pytest.approx(1, abs=2e-3)
    assert not torch.allclose(density, Flow(2).double().log_density(grid).exp(), atol=1e-2)


def test_a_flow_begins_as_a_standard_normal():
    points = torch.randn(10, 3)
    normal = torch.distributions.Normal(0, 1).log_prob(points).sum(dim=1)
    torch.testing.assert_close(Flow(3).log_density(points), normal)


def test_a_fitted_flow_knows_where_the_points_are():
    torch.manual_seed(0)
    angle = 2 * math.pi * torch.rand(2000)
    ring = 2 * torch.stack((angle.cos(), angle.sin()), dim=1) + 0.1 * torch.randn(2000, 2)
    flow = fit_flow(ring, steps=150, batch=256)
    with torch.no_grad():
        on, centre = flow.log_density(ring).mean(), flow.log_density(torch.zeros(1, 2))
    assert on > centre + 1
