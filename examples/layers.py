"""Layers that several examples make their networks of."""

import math
from itertools import pairwise

import torch
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


def norm(channels: int) -> nn.GroupNorm:
    """Normalises four channels together; no image sees another, as it would by batch normalisation (Wu and He 2018)."""
    return nn.GroupNorm(channels // 4, channels)


def convolution(before: int, after: int) -> nn.Conv2d:
    """Of 3x3 pixels, to as many pixels as there were."""
    return nn.Conv2d(before, after, 3, padding=1)


class TimedConvolution(nn.Module):
    """Sees the time as one more channel, the first of its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layer = convolution(1 + channels, channels)

    def forward(
        self, t: Float[Tensor, "image"], x: Float[Tensor, "image channel row column"]
    ) -> Float[Tensor, "image channel row column"]:
        """The convolution of both."""
        y: Tensor = self.layer(torch.cat((t.view(-1, 1, 1, 1).expand(-1, 1, *x.shape[2:]), x), dim=1))
        return y


class Residual(nn.Sequential):
    """x + g(x), where g is norm, ReLU and convolution, twice (He et al. 2016, figure 4e)."""

    def __init__(self, channels: int) -> None:
        once, twice = ((norm(channels), nn.ReLU(), convolution(channels, channels)) for _ in range(2))
        super().__init__(*once, *twice)

    def forward(self, x: Float[Tensor, "image channel row column"]) -> Float[Tensor, "image channel row column"]:
        """The state behind the block."""
        y: Tensor = x + super().forward(x)  # type: ignore[no-untyped-call]
        return y


class Stem(nn.Sequential):
    """From an image to channels, halved in size until there are 7 rows and columns or fewer."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__(convolution(1, channels))
        for _ in range(math.ceil(math.log2(side / 7))):
            self.extend((norm(channels), nn.ReLU(), nn.Conv2d(channels, channels, 4, stride=2, padding=1)))
