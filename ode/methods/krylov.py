"""GMRES for many linear systems at once, each sample's its own (Saad and Schultz 1986)."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from ode.dynamics import flat, per_sample

DIMENSIONS = 30
"""The most products with the matrix that one solution may take."""


def gmres(
    apply: Callable[[Float[Tensor, "sample ..."]], Float[Tensor, "sample ..."]],
    right: Float[Tensor, "sample ..."],
    tolerance: float,
) -> tuple[Float[Tensor, "sample ..."], Int64[Tensor, "sample"]]:
    """Solve A x = `right`, where `apply` gives A v: each sample's x, and how many products it needed.

    A sample is done when its residual is `tolerance` of its right side, or at `DIMENSIONS` products; whether others
    go on changes nothing of it. A sample whose products are not finite has an x that is not finite.
    """
    samples, most = len(right), min(DIMENSIONS, right[0].numel())
    size = flat(right).norm(dim=1)
    tiny = torch.finfo(right.dtype).tiny
    basis = [right / per_sample(size.clamp_min(tiny), right)]
    projected = torch.zeros(samples, most + 1, most, dtype=torch.float64, device=right.device)
    target = torch.zeros(samples, most + 1, 1, dtype=torch.float64, device=right.device)
    target[:, 0, 0] = size
    weights = torch.zeros(samples, most, dtype=torch.float64, device=right.device)
    products = torch.zeros(samples, dtype=torch.int64, device=right.device)
    going = size > 0
    for k in range(most):
        if not going.any():
            break
        image = apply(basis[k])
        for j, vector in enumerate(basis):  # modified Gram-Schmidt
            projected[:, j, k] = flat(image * vector).sum(1)
            image = image - per_sample(projected[:, j, k].to(image.dtype), image) * vector
        length = flat(image).norm(dim=1)
        projected[:, k + 1, k] = length
        basis.append(image / per_sample(length.clamp_min(tiny), image))
        products += going
        found = _least_squares(projected[:, : k + 2, : k + 1], target[:, : k + 2])
        residual = (projected[:, : k + 2, : k + 1] @ found - target[:, : k + 2]).flatten(1).norm(dim=1)
        weights[going, : k + 1] = found[going, :, 0]
        going = going & (residual > tolerance * size)
    parts = (per_sample(weights[:, k].to(right.dtype), right) * vector for k, vector in enumerate(basis[:most]))
    return torch.stack(list(parts)).sum(0), products


def _least_squares(
    matrix: Float[Tensor, "sample row column"], right: Float[Tensor, "sample row 1"]
) -> Float[Tensor, "sample column 1"]:
    """The shortest least-squares solutions; not finite where the matrix is not."""
    finite = matrix.isfinite().flatten(1).all(1)
    safe = torch.where(finite[:, None, None], matrix, torch.zeros_like(matrix))
    found = torch.linalg.pinv(safe) @ right
    return torch.where(finite[:, None, None], found, torch.full_like(found, torch.nan))
