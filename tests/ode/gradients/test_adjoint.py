import math
from typing import Any

import pytest
import torch
from torch import nn

import ode
from tests.ode.problems import ADAPTIVE, FIXED, Net, doubles


def gradients(gradient, *, tolerance=1e-10, y0=None, times=(0.0, 1.0), method="dopri5", scale=1.0, net=None):
    """dL/dy0 and dL/dp of a loss that weighs every sample and every number differently."""
    net = net or Net()
    y0 = (doubles(5, 3) if y0 is None else y0).clone().requires_grad_()
    options = {"rtol": tolerance, "atol": tolerance, "max_evaluations": 1_000_000, "method": method}
    states = ode.integrate(net, y0, times, gradient=gradient, **options).states
    weights = torch.arange(1.0, 1 + states.numel(), dtype=states.dtype).view_as(states)
    (scale * (weights * states).square().sum()).backward()
    return y0.grad, torch.cat([parameter.grad.flatten() for parameter in net.parameters()])


@pytest.mark.parametrize("times", [(0.0, 1.0), (0.5, -1.0)])
def test_it_is_the_gradient_through_the_solver_where_both_are_exact(times):
    for adjoint, direct in zip(gradients("adjoint", times=times), gradients("direct", times=times), strict=True):
        torch.testing.assert_close(adjoint, direct, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("method", ADAPTIVE)
@pytest.mark.parametrize("tolerance", [1e-2, 1e-4])
def test_its_error_stays_under_the_tolerance(method, tolerance):
    exact = torch.cat([g.flatten() for g in gradients("direct")])
    got = torch.cat([g.flatten() for g in gradients("adjoint", tolerance=tolerance, method=method)])
    assert (got - exact).norm() < tolerance * exact.norm()


@pytest.mark.parametrize("method", FIXED)
def test_with_fixed_steps_it_nears_the_gradient_of_the_equation(method):
    exact = gradients("direct")[0]

    def error(step):
        y0 = doubles(5, 3).requires_grad_()
        states = ode.integrate(Net(), y0, (0.0, 1.0), method=method, step=step, gradient="adjoint").states
        (torch.arange(1.0, 16.0, dtype=torch.float64).view(5, 3) * states).square().sum().backward()
        return float((y0.grad - exact).norm() / exact.norm())

    assert error(0.01) < error(0.1) < 0.1
    assert error(0.01) < 5e-3


def test_a_sample_alone_has_the_gradient_that_it_has_in_company():
    y0 = doubles(5, 3)
    net = Net()
    loss = torch.arange(1.0, 4.0, dtype=torch.float64)

    def of(samples):
        start = samples.clone().requires_grad_()
        solution = ode.integrate(net, start, (0.0, 1.0), gradient="adjoint", rtol=1e-3, atol=1e-3)
        (solution.states * loss).sum().backward()
        return start.grad

    torch.testing.assert_close(torch.cat([of(y) for y in y0.split(1)]), of(y0), rtol=0, atol=1e-12)


def test_the_size_of_a_loss_does_not_change_the_steps():
    for small, one in zip(
        gradients("adjoint", tolerance=1e-2, scale=1e-9), gradients("adjoint", tolerance=1e-2), strict=True
    ):
        torch.testing.assert_close(small * 1e9, one, rtol=1e-9, atol=0)


def test_its_memory_does_not_grow_with_the_steps():
    def saved(gradient, tolerance):
        tensors = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: tensors.append(t) or t, lambda t: t):
            y0 = doubles(5, 3).requires_grad_()
            ode.integrate(Net(), y0, (0.0, 1.0), gradient=gradient, rtol=tolerance, atol=tolerance)
        return len(tensors)

    assert saved("direct", 1e-9) > saved("direct", 1e-3)
    assert saved("adjoint", 1e-9) == saved("adjoint", 1e-3) == len(list(Net().parameters()))


def test_a_sample_that_fails_has_no_gradient_and_harms_no_other():
    net, y0 = Net(), doubles(5, 3)
    healthy = [0, 1, 3, 4]
    broken = y0.clone()
    broken[2] = torch.nan

    def of(start):
        net.zero_grad()
        start = start.clone().requires_grad_()
        solution = ode.integrate(net, start, (0.0, 1.0), gradient="adjoint")
        solution.states[solution.cost.solved].square().sum().backward()
        return start.grad, torch.cat([parameter.grad.flatten() for parameter in net.parameters()])

    beside, of_net_beside = of(broken)
    without, of_net_without = of(y0[healthy])
    assert (beside[2] == 0).all()
    torch.testing.assert_close(beside[healthy], without, rtol=0, atol=1e-12)
    torch.testing.assert_close(of_net_beside, of_net_without, rtol=0, atol=1e-12)


class Decay(nn.Module):
    """dv/dt = -p k v; the rate k is the second number of a sample and stays as it is."""

    def __init__(self):
        super().__init__()
        self.p = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, _, y):
        value, rate = y.unbind(1)
        return torch.stack((-self.p * rate * value, torch.zeros_like(rate)), 1)


def test_a_sample_whose_way_back_fails_adds_nothing_either():
    """A fast decay forgets where it came from, so its way back costs more than its way there."""
    slow, fast = [1.0, 0.5], [1.0, 200.0]
    options: dict[str, Any] = {"rtol": 1e-6, "atol": 1e-6}

    def of(samples, limit):
        net, start = Decay(), torch.tensor(samples, dtype=torch.float64, requires_grad=True)
        solution = ode.integrate(net, start, (0.0, 1.0), gradient="adjoint", max_evaluations=limit, **options)
        assert solution.cost.solved.all()
        solution.states.square().sum().backward()
        return start.grad, net.p.grad

    needed = ode.integrate(
        Decay(), torch.tensor([fast], dtype=torch.float64), (0.0, 1.0), **options
    ).cost.evaluations.item()
    beside, of_net_beside = of([slow, fast], needed)
    alone, of_net_alone = of([slow], 100_000)
    assert (beside[1] == 0).all()
    torch.testing.assert_close(beside[:1], alone, rtol=0, atol=1e-12)
    torch.testing.assert_close(of_net_beside, of_net_alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("gradient", ["adjoint", "checkpointed", "direct", "torchdiffeq"])
def test_a_double_backward_is_refused_or_right(gradient):
    y0 = doubles(2, 3).requires_grad_()
    states = ode.integrate(Net(), y0, (0.0, 1.0), gradient=gradient).states
    (first,) = torch.autograd.grad(states.square().sum(), y0, create_graph=True)
    if gradient == "direct":
        assert torch.autograd.grad(first.sum(), y0)[0].isfinite().all()
    else:
        with pytest.raises(RuntimeError):
            torch.autograd.grad(first.sum(), y0)


@pytest.mark.parametrize("gradient", ["adjoint", "checkpointed", "direct"])
def test_dynamics_without_parameters_are_differentiated_in_the_state_alone(gradient):
    net = Decay().requires_grad_(False)
    start = torch.tensor([[1.0, 0.5]], dtype=torch.float64, requires_grad=True)
    ode.integrate(net, start, (0.0, 1.0), gradient=gradient, rtol=1e-8, atol=1e-8).states[:, 0].sum().backward()
    assert start.grad[0, 0].item() == pytest.approx(math.exp(-0.5), abs=1e-6)


def test_a_parameter_that_is_frozen_is_left_alone():
    net = Net()
    frozen = net.inner[0].weight.requires_grad_(False)
    y0 = doubles(2, 3).requires_grad_()
    ode.integrate(net, y0, (0.0, 1.0), gradient="adjoint").states.sum().backward()
    assert frozen.grad is None and net.inner[2].weight.grad is not None


def test_a_plain_function_is_refused_since_its_parameters_are_not_known():
    with pytest.raises(ode.InvalidSolver, match=r"nn\.Module"):
        ode.integrate(lambda t, y: -y, doubles(2, 3), (0.0, 1.0), gradient="adjoint")
