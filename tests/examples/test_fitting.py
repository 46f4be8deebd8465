import torch

from examples.fitting import minimize


def test_the_least_of_a_narrow_valley_is_found():
    at = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
    minimize(lambda: (1 - at[0]) ** 2 + 100 * (at[1] - at[0] ** 2) ** 2, [at], 100)  # Rosenbrock 1960
    torch.testing.assert_close(at.detach(), torch.ones(2, dtype=torch.float64), atol=1e-6, rtol=0)
