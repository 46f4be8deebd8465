"""Equations that several tests solve, and the methods by kind."""

import torch
from torch import nn

import ode
from ode import per_sample


def decay(t, y):
    return -y


def oscillator(t, y):
    return torch.stack((y[:, 1], -y[:, 0]), 1)


def time_dependent(t, y):
    return per_sample(torch.cos(t), y) * y


def lotka_volterra(t, y):
    hare, lynx = y[:, 0], y[:, 1]
    return torch.stack((1.5 * hare - hare * lynx, hare * lynx - 3 * lynx), 1)


def doubles(*shape):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.5


class Net(nn.Module):
    """A small dynamics with parameters, in float64."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.inner = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 3)).double()

    def forward(self, t, y):
        return self.inner(y) * per_sample(1 + t, y)


ADAPTIVE = [method.name for method in ode.methods() if method.kind == "adaptive"]
FIXED = [method.name for method in ode.methods() if method.kind == "fixed"]
IMPLICIT = [method.name for method in ode.methods() if method.kind == "implicit"]
MULTISTEP = [method.name for method in ode.methods() if method.kind == "multistep"]
TIGHT = {"rtol": 1e-12, "atol": 1e-12, "max_evaluations": 1_000_000}
