"""A continuous normalising flow: densities by solving an equation with `ode.integrate` (FFJORD, Grathwohl et al. 2019).

Points x(0) are carried by dx/dt = f(t, x) to x(1), which shall be standard normal. By the instantaneous change of
variables (Chen et al. 2018, theorem 1) log p(x(0)) = log N(x(1)) + integral of tr(df/dx) dt. In place of FFJORD's
estimate the trace is exact: f is a network of two hidden layers, of which it costs no more than a third one.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ode import integrate

STEP = 0.25
INTERVAL = (0.0, 1.0)


class Flow(nn.Module):
    """f, and the density that it gives to points of so many dimensions."""

    def __init__(self, dimensions: int, width: int = 128) -> None:
        super().__init__()
        self.first = nn.Linear(dimensions + 1, width)
        self.second = nn.Linear(width, width)
        self.last = nn.Linear(width, dimensions)
        nn.init.zeros_(self.last.weight)  # begins as the identity
        nn.init.zeros_(self.last.bias)

    def forward(
        self, t: Float[Tensor, "point"], state: Float[Tensor, "point dimensions+1"]
    ) -> Float[Tensor, "point dimensions+1"]:
        """The slope of x, and beside it the trace of df/dx."""
        x = state[:, :-1]
        one = torch.tanh(self.first(torch.cat((x, t[:, None]), dim=1)))
        two = torch.tanh(self.second(one))
        # tr(W3 D2 W2 D1 W1), with the slopes of tanh in D1 and D2
        loop = self.second.weight * (self.first.weight[:, :-1] @ self.last.weight).T
        trace = ((1 - two**2) * ((1 - one**2) @ loop.T)).sum(dim=1, keepdim=True)
        return torch.cat((self.last(two), trace), dim=1)

    def log_density(self, x: Float[Tensor, "point dimensions"]) -> Float[Tensor, "point"]:
        """Of each point, in nats."""
        start = torch.cat((x, x.new_zeros(len(x), 1)), dim=1)
        end = integrate(self, start, INTERVAL, method="rk4", step=STEP, gradient="direct").states
        normal = -0.5 * (end[:, :-1] ** 2).sum(dim=1) - 0.5 * x.shape[1] * math.log(2 * math.pi)
        return normal + end[:, -1]


def fit_flow(points: Float[Tensor, "point dimensions"], steps: int, batch: int = 256) -> Flow:
    """A flow under which the points are likely: by maximum likelihood."""
    torch.manual_seed(0)
    flow = Flow(points.shape[1])
    optimiser = torch.optim.Adam(flow.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    for _ in range(steps):
        loss = -flow.log_density(points[torch.randint(len(points), (batch,))]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return flow.eval()
