"""Moving parameters to where a loss is small."""

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from tqdm import tqdm


def minimize(loss: Callable[[], Tensor], parameters: Iterable[Tensor], iterations: int) -> None:
    """Move the parameters to where the loss is least, by L-BFGS (Nocedal 1980): for few parameters."""
    optimizer = torch.optim.LBFGS(
        parameters, max_iter=iterations, line_search_fn="strong_wolfe", tolerance_change=1e-12
    )

    def evaluate() -> Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(evaluate)  # type: ignore[no-untyped-call]


def descend(
    loss: Callable[[], Tensor],
    parameters: Iterable[Tensor],
    iterations: int,
    rate: float,
    *,
    longest: float = math.inf,
) -> None:
    """Move the parameters against the gradient of a loss that each call draws anew, by Adam (Kingma and Ba 2015).

    The learning rate rises to `rate` and falls to nothing, and momentum the other way, in one cycle (Smith and Topin
    2018). A gradient that is longer than `longest` is shortened to it (Pascanu et al. 2013), lest one of a long
    recurrence undo what was learnt.
    """
    moved = list(parameters)
    optimizer = torch.optim.Adam(moved, rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=iterations)
    for _ in tqdm(range(iterations), desc="steps", disable=None):
        optimizer.zero_grad()
        loss().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(moved, longest)
        optimizer.step()
        schedule.step()
