import pytest
import torch

import ode
from tests.ode.gradients.test_adjoint import gradients
from tests.ode.problems import ADAPTIVE, FIXED, Net, doubles


@pytest.mark.parametrize("method", ADAPTIVE)
@pytest.mark.parametrize("tolerance", [1e-1, 1e-5])
def test_it_is_the_direct_gradient_at_any_tolerance(method, tolerance):
    options = {"tolerance": tolerance, "method": method, "times": (0.0, 3.0)}
    for again, direct in zip(gradients("checkpointed", **options), gradients("direct", **options), strict=True):
        torch.testing.assert_close(again, direct, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("method", FIXED)
def test_it_is_the_direct_gradient_of_fixed_steps_too(method):
    def of(gradient):
        net, y0 = Net(), doubles(5, 3).requires_grad_()
        ode.integrate(net, y0, (0.0, 1.0), method=method, step=0.1, gradient=gradient).states.square().sum().backward()
        return [y0.grad, *(parameter.grad for parameter in net.parameters())]

    for again, direct in zip(of("checkpointed"), of("direct"), strict=True):
        torch.testing.assert_close(again, direct, rtol=1e-10, atol=1e-10)


def test_its_graph_keeps_nothing_but_the_parameters_whatever_the_steps():
    def saved(tolerance):
        tensors = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: tensors.append(t) or t, lambda t: t):
            y0 = doubles(5, 3).requires_grad_()
            ode.integrate(Net(), y0, (0.0, 1.0), gradient="checkpointed", rtol=tolerance, atol=tolerance)
        return len(tensors)

    assert saved(1e-9) == saved(1e-3) == len(list(Net().parameters()))


def test_a_sample_that_fails_has_no_gradient_and_harms_no_other():
    net, y0 = Net(), doubles(5, 3)
    healthy = [0, 1, 3, 4]
    broken = y0.clone()
    broken[2] = torch.nan

    def of(start):
        net.zero_grad()
        start = start.clone().requires_grad_()
        solution = ode.integrate(net, start, (0.0, 1.0), gradient="checkpointed")
        solution.states[solution.cost.solved].square().sum().backward()
        return start.grad, torch.cat([parameter.grad.flatten() for parameter in net.parameters()])

    beside, of_net_beside = of(broken)
    without, of_net_without = of(y0[healthy])
    assert (beside[2] == 0).all()
    torch.testing.assert_close(beside[healthy], without, rtol=0, atol=1e-12)
    torch.testing.assert_close(of_net_beside, of_net_without, rtol=0, atol=1e-12)


def test_a_plain_function_is_refused_since_its_parameters_are_not_known():
    with pytest.raises(ode.InvalidSolver, match=r"nn\.Module"):
        ode.integrate(lambda t, y: -y, doubles(2, 3), (0.0, 1.0), gradient="checkpointed")
