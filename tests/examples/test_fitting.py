import torch

from examples.fitting import descend, minimize


def test_the_least_of_a_narrow_valley_is_found():
    at = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
    minimize(lambda: (1 - at[0]) ** 2 + 100 * (at[1] - at[0] ** 2) ** 2, [at], 100)  # Rosenbrock 1960
    torch.testing.assert_close(at.detach(), torch.ones(2, dtype=torch.float64), atol=1e-6, rtol=0)


def test_the_mean_of_what_is_drawn_is_found():
    torch.manual_seed(0)
    at = torch.zeros(2, requires_grad=True)
    descend(lambda: (at - 3 - torch.randn(64, 2)).square().mean(), [at], 200, 0.1)
    torch.testing.assert_close(at.detach(), torch.full((2,), 3.0), atol=0.05, rtol=0)


def test_a_gradient_that_is_too_long_is_shortened():
    at = torch.zeros(1, requires_grad=True)
    lengths = []
    at.register_post_accumulate_grad_hook(lambda at: lengths.append(at.grad.item()))
    descend(lambda: 1000 * at.sum(), [at], 2, 0.1, longest=1.0)
    assert lengths == [1000.0, 1000.0] and at.grad.item() == 1.0
