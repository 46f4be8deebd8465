import pytest
import torch

import ode
from tests.ode.problems import ADAPTIVE, Net, doubles


def test_the_adjoint_reports_what_the_batch_cost():
    net = Net()
    calls = []
    net.register_forward_hook(lambda *_: calls.append(1))
    solution = ode.integrate(net, doubles(4, 3), (0.0, 1.0), gradient="torchdiffeq")
    assert solution.cost.evaluations.tolist() == [len(calls)] * 4
    assert (solution.cost.accepted >= 1).all()
    assert solution.cost.error.isnan().all()


@pytest.mark.parametrize("method", sorted(set(ADAPTIVE) - {"tsit5"}))
def test_every_other_adaptive_method_has_its_name_there(method):
    y0 = doubles(2, 3)
    options = {"method": method, "rtol": 1e-5, "atol": 1e-5, "max_evaluations": 10**6}
    theirs = ode.integrate(Net(), y0, (0.0, 1.0), gradient="torchdiffeq", **options)
    ours = ode.integrate(Net(), y0, (0.0, 1.0), **options)
    torch.testing.assert_close(theirs.states, ours.states, atol=1e-3, rtol=0)


def test_a_plain_function_is_refused_since_its_parameters_are_not_known():
    with pytest.raises(ode.InvalidSolver, match=r"nn\.Module"):
        ode.integrate(lambda t, y: -y, doubles(2, 3), (0.0, 1.0), gradient="torchdiffeq")


def test_a_method_that_it_does_not_have_is_refused():
    with pytest.raises(ode.InvalidSolver, match="tsit5"):
        ode.integrate(Net(), doubles(2, 3), (0.0, 1.0), method="tsit5", gradient="torchdiffeq")


def test_a_deadline_is_refused_since_it_could_not_be_kept():
    with pytest.raises(ode.InvalidSolver, match="deadline"):
        ode.integrate(Net(), doubles(2, 3), (0.0, 1.0), deadline=0.0, gradient="torchdiffeq")
