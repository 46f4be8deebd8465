"""Curves told from a few of their points, and followed beyond: `python -m examples.latent_spirals`.

    z(t0) ~ N(m, s) by an encoder of the points,   dz/dt = f(z),   x(t) = decoder(z(t)) + noise

The latent ODE of Chen et al., "Neural ordinary differential equations" (2018), section 5: a variational autoencoder whose
encoder is an RNN that reads the points from the last to the first, and whose decoder is an equation. It learns from the
evidence lower bound, log p(x | z) - KL(q(z | x) || p(z)), on 1,000 spirals, half of them either way round, each seen at
some of 100 times, with noise. Beside it learns an RNN of the same size, which differs in one thing: its latent state
steps from time to time by a learnt map, not along an equation.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from examples.fitting import descend
from examples.layers import Perceptron
from ode import integrate

SPIRALS, TIMES, GAP, NOISE = 1000, 100, 0.04, 0.3
"""Each is seen at up to 100 times, `GAP` apart, and followed for as long again; noise is a standard deviation."""
SEEN = (30, 50, 100)
LATENT, HIDDEN, ENCODED, RECURRENT = 4, 20, 25, 23
BATCH, RATE = 100, 1e-2


@dataclass(frozen=True)
class Size:
    """How many steps each of the two is trained for."""

    steps: int = 1000


SMALLEST, DEFAULT, FULL = Size(150), Size(), Size(5000)


class Equation(nn.Module):
    """Latent states along dz/dt = f(z), and the points that they mean."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = Perceptron(LATENT, HIDDEN, HIDDEN, LATENT, activation=nn.ELU)
        self.points = Perceptron(LATENT, HIDDEN, 2, activation=nn.ReLU)

    def forward(self, z: Float[Tensor, "spiral latent"], count: int) -> Float[Tensor, "spiral time 2"]:
        """Points at so many times from the latent states at the first."""
        times = [GAP * place for place in range(count)]
        solution = integrate(lambda t, y: self.slope(y), z, times, rtol=1e-3, atol=1e-3, gradient="direct")
        return self.points(solution.path).transpose(0, 1)


class Recurrence(nn.Module):
    """Latent states from step to step by h = tanh(W h + b), and the points that they mean; no smaller than Equation."""

    def __init__(self) -> None:
        super().__init__()
        self.start, self.points = nn.Linear(LATENT, RECURRENT), nn.Linear(RECURRENT, 2)
        self.steps = nn.RNN(1, RECURRENT, batch_first=True)

    def forward(self, z: Float[Tensor, "spiral latent"], count: int) -> Float[Tensor, "spiral time 2"]:
        """Points at so many times from the latent states at the first."""
        states, _ = self.steps(z.new_zeros(len(z), count, 1), self.start(z)[None])
        return self.points(states)


class Autoencoder(nn.Module):
    """An RNN that reads points from the last to the first, and what goes from there to points at any time."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder
        self.reader, self.latent = nn.RNN(3, ENCODED, batch_first=True), nn.Linear(ENCODED, 2 * LATENT)

    def encode(self, points, places):
        """Mean and logarithm of the variance of each latent state, given points and the places of their times."""
        gaps = torch.diff(places, dim=1, append=places[:, -1:]) * GAP
        _, last = self.reader(torch.cat((points, gaps[:, :, None]), dim=2).flip(1))
        return self.latent(last[0]).chunk(2, dim=1)

    def loss(self, points, places):
        """Minus the evidence lower bound, in nats a spiral."""
        mean, log_variance = self.encode(points, places)
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        decoded = pick(self.decoder(z, TIMES), places)
        misfit = (decoded - points).square().sum(dim=(1, 2)) / (2 * NOISE**2)
        divergence = (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1) / 2
        return (misfit + divergence).mean()


def pick(path, places):
    return path.gather(1, places[:, :, None].expand(-1, -1, 2))


def draw_spirals(count: int) -> Float[Tensor, "spiral time 2"]:
    """Spirals r = 0.3 angle from anywhere on, the first half one way round, the others the other."""
    turned = torch.pi / 2 + 2.5 * torch.pi * torch.rand(count, 1) + GAP * torch.arange(2 * TIMES)
    way = torch.where(torch.arange(count) < count / 2, 1.0, -1.0)[:, None]
    return torch.stack((0.3 * turned * turned.cos(), way * 0.3 * turned * turned.sin()), dim=2)


def choose(spirals: int, seen: int):
    return torch.rand(spirals, TIMES).argsort(dim=1)[:, :seen].sort(dim=1).values


def train(decoder, noisy, steps, rate):
    torch.manual_seed(0)
    model = Autoencoder(decoder())
    def loss() -> Tensor:
        drawn = torch.randint(len(noisy), (BATCH,))
        places = choose(BATCH, SEEN[int(torch.randint(len(SEEN), ()))])
        return model.loss(pick(noisy[drawn], places), places)
    descend(loss, model.parameters(), steps, rate)
    return model
