"""The baseline: the ODENet's own weights, solved by torchdiffeq as its examples use it."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchdiffeq import odeint, odeint_adjoint

from models import Output, Solver
from models.networks.blocks import ConvDynamics, features_of
from models.networks.odenet import ODENet

TOLERANCE = 1e-3


class ConcatenatingDynamics(nn.Module):
    """The same function as `ConvDynamics` with the same weights, the time concatenated as one more channel."""

    def __init__(self, dynamics: ConvDynamics) -> None:
        super().__init__()
        self.dynamics = dynamics
        self.evaluations = 0

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        """The slope at one time for all."""
        self.evaluations += 1
        d = self.dynamics
        for norm, layer in ((d.norm1, d.conv1), (d.norm2, d.conv2)):
            time_channel = torch.ones_like(x[:, :1]) * t
            x = layer.conv(torch.cat((time_channel, F.relu(norm(x))), 1))
        return d.norm3(x)


class TorchdiffeqODENet(nn.Module):
    """An ODENet whose equation torchdiffeq solves, by dopri5 at 1e-3, and its adjoint differentiates."""

    def __init__(self, network: ODENet) -> None:
        super().__init__()
        self.network = network
        self.dynamics = ConcatenatingDynamics(network.dynamics)

    def forward(self, beats: Tensor, _: Solver | None = None) -> Output:
        """The logits of each beat."""
        solve = odeint_adjoint if torch.is_grad_enabled() else odeint
        start = self.network.stem(beats.unsqueeze(1))
        times = start.new_tensor([0.0, 1.0])
        states = solve(self.dynamics, start, times, rtol=TOLERANCE, atol=TOLERANCE, method="dopri5")[-1]
        return Output(logits=self.network.head(states), features=features_of(states))
