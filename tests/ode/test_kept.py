import torch
from torch import nn

from ode import Kept


def test_what_is_kept_for_the_way_back_is_counted_until_that_is_over():
    x = torch.zeros(1000, requires_grad=True)
    kept = Kept([])
    with kept:
        y = x.exp().sin().sum()  # exp keeps what comes out of it, sin what goes in
        assert kept.now == kept.most == 2 * x.nbytes
        y.backward()
        assert kept.now == 0 and kept.most == 2 * x.nbytes
    torch.testing.assert_close(x.grad, torch.full_like(x, torch.tensor(1.0).cos().item()))


def test_parameters_do_not_count():
    layer, x = nn.Linear(100, 10), torch.zeros(5, 100)
    kept = Kept(layer.parameters())
    with kept:
        layer(x).sum().backward()
    assert kept.most == x.nbytes


def test_nothing_is_kept_where_no_gradient_is_asked_for():
    kept = Kept([])
    with kept, torch.no_grad():
        torch.zeros(10, requires_grad=True).exp()
    assert kept.most == 0
