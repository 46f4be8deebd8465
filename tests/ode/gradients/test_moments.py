from typing import Any

import pytest
import torch

from ode import Status, integrate
from tests.ode.problems import TIGHT, Net, doubles, time_dependent

MODES = ["adjoint", "checkpointed", "direct", "torchdiffeq"]


@pytest.mark.parametrize("gradient", MODES)
def test_every_time_has_the_gradient_that_differences_show(gradient):
    net, y0 = Net(), doubles(3, 3)
    options: dict[str, Any] = {"rtol": 1e-11, "atol": 1e-11, "max_evaluations": 1_000_000}

    def loss(times, gradient):
        path = integrate(net, y0, times, gradient=gradient, **options).path
        return (torch.arange(1.0, 1 + path[1:].numel(), dtype=path.dtype).view_as(path[1:]) * path[1:]).square().sum()

    times = torch.tensor([0.1, 0.4, 0.5, 1.2], dtype=torch.float64, requires_grad=True)
    loss(times, gradient).backward()
    for place in range(len(times)):
        distance = torch.zeros(len(times), dtype=torch.float64)
        distance[place] = 1e-4
        difference = (loss(times.detach() + distance, None) - loss(times.detach() - distance, None)) / 2e-4
        assert times.grad[place].item() == pytest.approx(difference.item(), rel=1e-5)


def test_time_that_does_not_ask_for_a_gradient_costs_nothing():
    asked = [integrate(Net(), doubles(2, 3), torch.tensor([0.0, 0.5, 1.0]), gradient=mode) for mode in (None, "direct")]
    assert asked[0].cost.evaluations.tolist() == asked[1].cost.evaluations.tolist()


def test_a_sample_that_failed_adds_nothing_to_the_gradient_of_its_times():
    times = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    y0 = doubles(2, 1)
    y0[1] = torch.nan
    solution = integrate(Net3(), y0, times, gradient="adjoint", **TIGHT)
    assert solution.cost.status.tolist() == [Status.OK, Status.NON_FINITE]
    solution.states[0].sum().backward()
    assert times.grad[1].item() == pytest.approx(
        (solution.states[0] * torch.tensor(1.0, dtype=torch.float64).cos()).item(), rel=1e-9
    )


class Net3(torch.nn.Module):
    """dy/dt = cos(t) y, as a module without parameters."""

    def forward(self, t, y):
        return time_dependent(t, y)
