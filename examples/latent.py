"""A variational autoencoder of what was measured at irregular times, and two ways from a latent state to all times.

    z(0) ~ N(m, s) by an encoder of what was seen,   dz/dt = f(z),   x(t) = decoder(z(t)) + noise

Chen et al., "Neural ordinary differential equations" (2018), section 5, equations 11 to 13.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from examples.layers import Perceptron
from ode import integrate


class Equation(nn.Module):
    """Latent states along dz/dt = f(z), and the values that they mean.

    All series share the times 0, gap, 2 gap ..., so that one solve serves all, with steps that need not end at them.
    """

    def __init__(self, latent: int, width: int, values: int, *, gap: float, step: float) -> None:
        super().__init__()
        self.f = Perceptron(latent, width, latent, activation=nn.ELU)
        self.values = Perceptron(latent, width, values)
        self.gap, self.step = gap, step

    def forward(self, z: Float[Tensor, "series latent"], count: int) -> Float[Tensor, "series time value"]:
        """Values at the first so many times, from the latent state at the first."""
        times = [self.gap * place for place in range(count)]
        path = integrate(self.slope, z, times, method="rk4", step=self.step, gradient="direct").path
        return self.values(path).transpose(0, 1)

    def slope(self, t: Float[Tensor, "series"], z: Float[Tensor, "series latent"]) -> Float[Tensor, "series latent"]:
        """f, which does not ask for the time."""
        return self.f(z)


class Recurrence(nn.Module):
    """Hidden states from time to time by h = tanh(W h + U z + b), the baseline: z is an input at each step."""

    def __init__(self, latent: int, width: int, values: int) -> None:
        super().__init__()
        self.start, self.values = nn.Linear(latent, width), nn.Linear(width, values)
        self.steps = recurrence(latent, width)

    def forward(self, z: Float[Tensor, "series latent"], count: int) -> Float[Tensor, "series time value"]:
        """Values at the first so many times, from the latent state at the first."""
        states, _ = self.steps(z[:, None].expand(-1, count, -1), self.start(z)[None])
        values: Tensor = self.values(states)
        return values


def recurrence(inputs: int, width: int) -> nn.RNN:
    """A simple RNN that begins as a rotation, lest what it read first be forgotten (Saxe et al. 2014)."""
    layer = nn.RNN(inputs, width, batch_first=True)
    nn.init.orthogonal_(layer.all_weights[0][1])
    return layer


class Autoencoder(nn.Module):
    """An RNN that reads what was seen from the last to the first, and a decoder from there to all times."""

    def __init__(self, decoder: Equation | Recurrence, values: int, latent: int, width: int, noise: float) -> None:
        super().__init__()
        self.decoder, self.noise = decoder, noise
        self.reader, self.latent = recurrence(values + 1, width), nn.Linear(width, 2 * latent)

    def encode(
        self, seen: Float[Tensor, "series seen value"], places: Int64[Tensor, "series seen"]
    ) -> tuple[Float[Tensor, "series latent"], Float[Tensor, "series latent"]]:
        """Mean and logarithm of the variance of z(0), given values and their places among the times.

        Beside each value the RNN is given how far it is from the one before it, in places / 10.
        """
        gaps = torch.diff(places, dim=1, prepend=places.new_zeros(len(places), 1))[:, :, None] / 10
        _, last = self.reader(torch.cat((seen, gaps), dim=2).flip(1))
        mean, log_variance = self.latent(last[0]).chunk(2, dim=1)
        return mean, log_variance

    def loss(
        self, seen: Float[Tensor, "series seen value"], places: Int64[Tensor, "series seen"], count: int
    ) -> Float[Tensor, ""]:
        """Minus the evidence lower bound, log p(x | z) - KL(q(z | x) || N(0, 1)), but for a constant: nats a series."""
        mean, log_variance = self.encode(seen, places)
        z = sample(mean, log_variance)
        misfit = (pick(self.decoder(z, count), places) - seen).square().sum(dim=(1, 2)) / (2 * self.noise**2)
        return (misfit + divergence(mean, log_variance)).mean()


def sample(
    mean: Float[Tensor, "series latent"], log_variance: Float[Tensor, "series latent"]
) -> Float[Tensor, "series latent"]:
    """Latent states of these normal distributions, with gradients of both (Kingma and Welling 2014)."""
    return mean + (log_variance / 2).exp() * torch.randn_like(mean)


def divergence(
    mean: Float[Tensor, "series latent"], log_variance: Float[Tensor, "series latent"]
) -> Float[Tensor, "series"]:
    """KL(q || N(0, 1)) of each, in nats."""
    return (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1) / 2


def choose(series: int, count: int, seen: int) -> Int64[Tensor, "series seen"]:
    """So many of the first `count` places for each series, at random, in order."""
    return torch.rand(series, count).argsort(dim=1)[:, :seen].sort(dim=1).values


def pick(
    values: Float[Tensor, "series time value"], places: Int64[Tensor, "series seen"]
) -> Float[Tensor, "series seen value"]:
    """The values at those places."""
    return values.gather(1, places[:, :, None].expand(-1, -1, values.shape[2]))
