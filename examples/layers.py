"""Layers that several examples make their dynamics of."""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn


class Perceptron(nn.Sequential):
    """Linear layers from each width to the next, with an activation between them (Rosenblatt 1958)."""

    def __init__(self, *widths: int, activation: type[nn.Module] = nn.Tanh) -> None:
        linear = [nn.Linear(before, after) for before, after in pairwise(widths)]
        super().__init__(*(layer for each in linear[:-1] for layer in (each, activation())), linear[-1])

    def __call__(self, x: Float[Tensor, "*rows before"]) -> Float[Tensor, "*rows after"]:
        """What they make of each row."""
        y: Tensor = super().__call__(x)
        return y
