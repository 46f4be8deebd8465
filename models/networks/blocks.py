"""The parts that both networks are made of. Names and sizes are those of the ODE-Net of Chen et al. 2018, in one
dimension: a stem that shortens the beat to 46 steps of 64 channels, a body, and a head that gives five logits. A body
may have more channels than the stem gives (`widened`).
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from ode import Dynamics

State = Float[Tensor, "beat channel step"]
Times = Float[Tensor, "beat"]
"""One of each beat."""

CHANNELS = 64
GROUPS = 32
INITIAL_SPEED = 0.3

STRETCHES = 6
"""Of a beat, over each of which the state's mean is a feature: fewer hardly know what came first."""


def norm(channels: int = CHANNELS) -> nn.GroupNorm:
    """Group normalisation, in 32 groups if that can be: unlike batch normalisation it lets no beat see another."""
    return nn.GroupNorm(math.gcd(GROUPS, channels), channels)


def prepared_norm(module: nn.GroupNorm) -> Callable[[State], State]:
    """The same function, without what a module does around it, which for a few beats is no small part of the time."""
    groups, weight, bias, eps = module.num_groups, module.weight, module.bias, module.eps
    return lambda x: torch.group_norm(x, groups, weight, bias, eps)


class Stem(nn.Sequential):
    """`[beat, views, 187]` to `[beat, 64, 46]`: a quarter as long, whatever the length."""

    def __init__(self, views: int = 1) -> None:
        super().__init__(
            nn.Conv1d(views, CHANNELS, 3),
            norm(),
            nn.ReLU(inplace=True),
            nn.Conv1d(CHANNELS, CHANNELS, 4, stride=2, padding=1),
            norm(),
            nn.ReLU(inplace=True),
            nn.Conv1d(CHANNELS, CHANNELS, 4, stride=2, padding=1),
        )


class Head(nn.Sequential):
    """`[beat, channel, step]` to the logits `[beat, class]`."""

    def __init__(self, classes: int, channels: int = CHANNELS) -> None:
        super().__init__(norm(channels), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(channels, classes))


def widened(state: State, more: int) -> Float[Tensor, "beat all step"]:
    """The state with so many channels of zeros after its own.

    What is solved cannot cross itself; with room to go around, it need not (Dupont et al., "Augmented neural ODEs",
    2019).
    """
    return F.pad(state, (0, 0, 0, more)) if more else state


def features_of(state: State) -> Float[Tensor, "beat feature"]:
    """What the head is given, summed up: the mean of each channel over each sixth of the beat, 384 for 64 channels."""
    return F.adaptive_avg_pool1d(state, STRETCHES).flatten(1)


class ResidualBlock(nn.Module):
    """A full pre-activation block: x + conv(relu(norm(conv(relu(norm(x)))))) (He et al. 2016, figure 4e)."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = norm()
        self.conv1 = nn.Conv1d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
        self.norm2 = norm()
        self.conv2 = nn.Conv1d(CHANNELS, CHANNELS, 3, padding=1, bias=False)

    def forward(self, x: Float[Tensor, "beat 64 step"]) -> Float[Tensor, "beat 64 step"]:
        """The block's output, of the same shape."""
        y = self.conv1(F.relu(self.norm1(x)))
        y = self.conv2(F.relu(self.norm2(y)))
        return torch.add(x, y)


class ConcatConv1d(nn.Module):
    """A convolution that sees the time t as one more channel, the first of its input.

    The channel is constant, so what the convolution makes of it is t times the same small map for every beat;
    that is added instead of concatenating the channel.
    """

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1 + channels, channels, 3, padding=1)

    def forward(self, t: Times, x: State) -> State:
        """The convolution of t and x together."""
        return self.prepared(x.shape[2])(t, x)

    def prepared(self, steps: int) -> Dynamics:
        """The same function of states so many steps long, with what does not depend on them computed once."""
        of_time, of_state = self.conv.weight[:, :1], self.conv.weight[:, 1:].contiguous()
        time_map = F.conv1d(of_time.new_ones(1, 1, steps), of_time, padding=1)

        def convolved(t: Times, x: State) -> State:
            return torch.addcmul(F.conv1d(x, of_state, self.conv.bias, padding=1), t.view(-1, 1, 1), time_map)

        return convolved


class ConvDynamics(nn.Module):
    """dx/dt of the ODENet: two time-aware convolutions, each after norm and ReLU, and a last norm.

    The last norm sets how fast the state moves; it begins slow, so that the first solves are short.
    """

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.norm1 = norm(channels)
        self.conv1 = ConcatConv1d(channels)
        self.norm2 = norm(channels)
        self.conv2 = ConcatConv1d(channels)
        self.norm3 = norm(channels)
        nn.init.constant_(self.norm3.weight, INITIAL_SPEED)

    def forward(self, t: Times, x: State) -> State:
        """The slope at each beat's own time."""
        return self.prepared(x.shape[2])(t, x)

    def prepared(self, steps: int) -> Dynamics:
        """The same function of states so many steps long, ready for the many calls of one solve."""
        conv1, conv2 = self.conv1.prepared(steps), self.conv2.prepared(steps)
        norm1, norm2, norm3 = map(prepared_norm, (self.norm1, self.norm2, self.norm3))

        def slope(t: Times, x: State) -> State:
            y = conv1(t, norm1(x).relu_())
            y = conv2(t, norm2(y).relu_())
            return norm3(y)

        return slope
