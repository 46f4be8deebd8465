"""How long a step may be: the first one, and each one after.

Hairer, Norsett, Wanner, "Solving ordinary differential equations I" (1993), section II.4.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ode.dynamics import Dynamics, flat, per_sample
from ode.methods.method import Method

SAFETY = 0.9
SHRINK = 0.2
GROW = 10.0
ROUNDINGS_KNOWN = 100
LEAST_KNOWN = 1e-2
"""An error is taken for at least so many roundings, but never for more than this share of the tolerance."""
MIN_STEP_EPSILONS = 8
"""A step under so many roundings of the interval is an underflow: its stages would have equal times."""


def root_mean_square(x: Float[Tensor, "sample ..."]) -> Float[Tensor, "sample"]:
    """The norm of each sample, over all its dimensions but the first."""
    numbers = flat(x)
    norm: Tensor = torch.linalg.vector_norm(numbers, dim=1) / numbers.shape[1] ** 0.5
    return norm


def first_step(
    f: Dynamics,
    t: Float[Tensor, "sample"],
    y: Float[Tensor, "sample ..."],
    slope: Float[Tensor, "sample ..."],
    span: Float[Tensor, "sample"],
    method: Method,
    rtol: float,
    atol: float,
) -> Float[Tensor, "sample"]:
    """The signed first step of each sample, by the two-slope rule of II.4; costs one evaluation.

    It is none that the loop would take for an underflow: whether so short a step is needed, its error decides.
    """
    scale = atol + y.abs() * rtol
    d0 = root_mean_square(y / scale)
    d1 = root_mean_square(slope / scale)
    least = 2 * MIN_STEP_EPSILONS * torch.finfo(span.dtype).eps * span.abs()
    tiny = least.clamp(min=1e-6)
    trial = torch.where((d0 < 1e-5) | (d1 < 1e-5), tiny, 0.01 * d0 / d1)
    trial = torch.minimum(trial, span.abs()) * span.sign()
    moved = f(t + trial, y + per_sample(trial, y) * slope)
    d2 = root_mean_square((moved - slope) / scale) / trial.abs()
    steepest = torch.maximum(d1, d2)
    by_slope = (0.01 / steepest) ** (1 / method.order)
    level = torch.maximum(tiny, trial.abs() * 1e-3)
    step = torch.where(steepest <= 1e-15, level, by_slope)
    step = torch.minimum(100 * trial.abs(), step).maximum(least)
    return torch.minimum(step, span.abs()) * span.sign()


def next_step(
    step: Float[Tensor, "sample"], error_ratio: Float[Tensor, "sample"], method: Method, rtol: float
) -> Float[Tensor, "sample"]:
    """The step to try next, from the last one and its error as a share of the tolerance (equation II.4.13).

    A step that was accepted never makes the next one shorter; one whose error is not a number shrinks most. An error
    near rounding counts as larger than it is: its digits are noise, and would make the next step noise.
    """
    rounding = torch.finfo(step.dtype).eps / rtol
    known = error_ratio.clamp(min=min(ROUNDINGS_KNOWN * rounding, LEAST_KNOWN))
    factor = (SAFETY * known ** (-1 / method.order)).nan_to_num(nan=SHRINK)
    accepted = error_ratio <= 1
    factor = torch.where(accepted, factor.clamp(1.0, GROW), factor.clamp(SHRINK, 1.0))
    return step * factor
