"""One explicit Runge-Kutta step, as a method's numbers describe it."""

from jaxtyping import Float
from torch import Tensor

from ode.dynamics import Dynamics, per_sample
from ode.method import Method


def stages(
    f: Dynamics,
    method: Method,
    t: Float[Tensor, "sample"],
    y: Float[Tensor, "sample ..."],
    slope: Float[Tensor, "sample ..."],
    step: Float[Tensor, "sample"],
) -> tuple[list[Tensor], list[Tensor]]:
    """The states of all stages, from `y` itself to the step's end, and the slopes at all of them but the end.

    `slope` is f(t, y); each sample has its own time and step.
    """
    ys, slopes = [y], [slope]
    for weights, c in zip(method.a[:-1], method.c, strict=False):
        ys.append(y + per_sample(step, y) * weigh(weights, slopes))
        slopes.append(f(t + c * step, ys[-1]))
    ys.append(y + per_sample(step, y) * weigh(method.a[-1], slopes))
    return ys, slopes


def weigh(weights: tuple[float, ...], slopes: list[Tensor]) -> Tensor:
    """The weighted sum of slopes; those of weight 0 are not touched."""
    terms = [(weight, slope) for weight, slope in zip(weights, slopes, strict=True) if weight]
    total = terms[0][0] * terms[0][1]
    for weight, slope in terms[1:]:
        total = total.add(slope, alpha=weight)
    return total
