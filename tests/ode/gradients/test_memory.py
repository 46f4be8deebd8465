import torch
from torch import nn

from ode import Kept


def test_what_is_kept_for_the_way_back_is_counted_until_that_is_over():
    x = torch.zeros(1000, requires_grad=True)
    kept = Kept()
    with kept:
        y = x.sin().cos().sum()  # each keeps what goes into it
        assert kept.now == kept.most == 2 * x.nbytes
        y.backward()
        assert kept.now == 0 and kept.most == 2 * x.nbytes
    torch.testing.assert_close(x.grad, torch.zeros_like(x))


def test_memory_that_is_kept_twice_counts_once():
    x = torch.zeros(1000, requires_grad=True)
    kept = Kept()
    with kept:
        y = x.sin()
        z = y.cos() + y.view(10, 100).exp().sum()  # sin keeps x, cos keeps y, exp what comes out of it
        assert kept.now == 3 * x.nbytes
        part = y[:10].cos()
        assert kept.now == 3 * x.nbytes
        del y, z, part
    assert kept.now == 0


def test_parameters_do_not_count():
    layer, x = nn.Linear(100, 10), torch.zeros(5, 100)
    kept = Kept(layer.parameters())
    with kept:
        layer(x).sum().backward()
    assert kept.most == x.nbytes


def test_nothing_is_kept_where_no_gradient_is_asked_for():
    kept = Kept()
    with kept, torch.no_grad():
        torch.zeros(10, requires_grad=True).exp()
    assert kept.most == 0
