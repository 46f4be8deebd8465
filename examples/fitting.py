"""Fitting few parameters to few measurements."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor


def minimize(loss: Callable[[], Tensor], parameters: Iterable[Tensor], iterations: int) -> None:
    """Move the parameters to where the loss is least, by L-BFGS (Nocedal 1980), which takes few evaluations of it."""
    optimizer = torch.optim.LBFGS(
        parameters, max_iter=iterations, line_search_fn="strong_wolfe", tolerance_change=1e-12
    )

    def evaluate() -> Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(evaluate)  # type: ignore[no-untyped-call]
