"""The right-hand side of an equation dy/dt = f(t, y), for many samples that each have their own time."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from ode.errors import InvalidSolver

Dynamics = Callable[[Float[Tensor, "sample"], Float[Tensor, "sample ..."]], Float[Tensor, "sample ..."]]


def per_sample(scalars: Shaped[Tensor, "sample"], like: Float[Tensor, "sample ..."]) -> Shaped[Tensor, "sample ..."]:
    """The scalars, shaped to broadcast against states."""
    return scalars.view(-1, *[1] * (like.dim() - 1))


def flat(x: Shaped[Tensor, "sample ..."]) -> Shaped[Tensor, "sample number"]:
    """All numbers of each sample in a row, one where states are scalars."""
    return x[:, None].flatten(1)


def parameters_of(f: Dynamics) -> tuple[Tensor, ...]:
    """What a gradient is asked for beside the state. Raises InvalidSolver where `f` is no nn.Module."""
    if not isinstance(f, nn.Module):
        raise InvalidSolver(
            f"got dynamics of type {type(f).__name__}, expected an nn.Module, whose parameters are needed"
        )
    return tuple(parameter for parameter in f.parameters() if parameter.requires_grad)


def casting_as_now(f: Dynamics, device: str) -> Dynamics:
    """The dynamics under the autocast that is on now, whenever they are called; slopes come in the state's type."""
    enabled, dtype = torch.is_autocast_enabled(device), torch.get_autocast_dtype(device)

    def cast(t: Float[Tensor, "sample"], y: Float[Tensor, "sample ..."]) -> Float[Tensor, "sample ..."]:
        with torch.autocast(device, dtype, enabled=enabled):
            return f(t, y).to(y.dtype)

    return cast
