"""The right-hand side of an equation dy/dt = f(t, y), for many samples that each have their own time."""

from collections.abc import Callable

from jaxtyping import Float, Shaped
from torch import Tensor

Dynamics = Callable[[Float[Tensor, "sample"], Float[Tensor, "sample ..."]], Float[Tensor, "sample ..."]]


def per_sample(scalars: Shaped[Tensor, "sample"], like: Float[Tensor, "sample ..."]) -> Shaped[Tensor, "sample ..."]:
    """The scalars, shaped to broadcast against states."""
    return scalars.view(-1, *[1] * (like.dim() - 1))
