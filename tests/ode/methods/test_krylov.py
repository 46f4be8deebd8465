from functools import partial

import pytest
import torch

from ode.methods.krylov import gmres


def systems(samples, numbers, seed=0):
    generator = torch.Generator().manual_seed(seed)
    matrices = torch.randn(samples, numbers, numbers, dtype=torch.float64, generator=generator)
    matrices += 3 * torch.eye(numbers, dtype=torch.float64)
    return matrices, torch.randn(samples, numbers, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("numbers", [1, 2, 20])
def test_it_solves_each_samples_own_system(numbers):
    matrices, right = systems(5, numbers)
    x, products = gmres(lambda v: torch.einsum("sij,sj->si", matrices, v), right, 1e-12)
    torch.testing.assert_close(x, torch.linalg.solve(matrices, right), rtol=1e-8, atol=1e-8)
    assert (products <= numbers).all()


def test_a_samples_solution_does_not_depend_on_its_company():
    matrices, right = systems(5, 20)
    matrices[0] = 2 * torch.eye(20)  # done after one product, while the others go on
    together, products = gmres(lambda v: torch.einsum("sij,sj->si", matrices, v), right, 1e-6)
    assert products[0] == 1 < products[1:].min()
    for place in range(5):
        alone, _ = gmres(partial(torch.matmul, other=matrices[place].T), right[place : place + 1], 1e-6)
        torch.testing.assert_close(alone[0], together[place], rtol=1e-11, atol=1e-11)


def test_a_right_side_of_zero_asks_for_nothing():
    matrices, right = systems(2, 3)
    right[0] = 0
    x, products = gmres(lambda v: torch.einsum("sij,sj->si", matrices, v), right, 1e-10)
    assert products[0] == 0 and (x[0] == 0).all() and x[1].isfinite().all()


def test_a_product_that_is_not_finite_spoils_its_own_sample_alone():
    matrices, right = systems(3, 4)
    matrices[1] = torch.nan
    x, _ = gmres(lambda v: torch.einsum("sij,sj->si", matrices, v), right, 1e-10)
    assert x[1].isnan().any() and x[[0, 2]].isfinite().all()
