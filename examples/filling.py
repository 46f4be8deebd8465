"""A variational autoencoder that fills in beats, and the equation that leads it from a latent state to all samples.

    z(0) ~ N(m, s) by an encoder of what was seen,   dz/dt = A z + f(z),   x(t) = g(z(t)) + usual(t) + noise

Chen et al., "Neural ordinary differential equations" (2018), section 5, equations 11 to 13. What is left of a beat when
the usual one is taken away is read from a path of the equation, which begins as oscillators, of which the faster fade
sooner, and learns the rest. It is read by a network g, as a smooth path can lead through what is sharp in a beat.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from examples.heartbeats import TIMES, Beat, Heartbeats
from examples.latent import Recurrence, divergence, sample
from examples.layers import Perceptron
from ode import integrate

LATENT, WIDTH, FASTEST = 24, 48, 5.0
"""Half as many oscillators as the latent state has numbers; the fastest turns so many times within a beat's samples."""
STEP = 1 / 40
"""Short enough that the fastest turns by less than a radian in it."""
NOISE = 0.05


class Oscillators(nn.Module):
    """The equation: what is left of each beat, from its latent state at the first sample."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(_oscillators(2 * torch.pi * torch.linspace(0.5, FASTEST, LATENT // 2)))
        self.f, self.values = Perceptron(LATENT, WIDTH, LATENT), Perceptron(LATENT, WIDTH, 1)

    def forward(self, z: Float[Tensor, "beat latent"], count: int) -> Float[Tensor, "beat time 1"]:
        """Values at the first so many samples."""
        times = torch.arange(count) / TIMES
        path = integrate(self.slope, z, times, method="rk4", step=STEP, gradient="direct").path
        return self.values(path).transpose(0, 1)

    def slope(self, t: Float[Tensor, "beat"], z: Float[Tensor, "beat latent"]) -> Float[Tensor, "beat latent"]:
        """Of the latent state, a beat's length being 1."""
        return z @ self.a.T + self.f(z)


def _oscillators(speeds: Float[Tensor, "oscillator"]) -> Float[Tensor, "latent latent"]:
    """Each turns two numbers of the state at a speed (rad a beat), and lets them fade by a quarter with each turn."""
    size = len(speeds)
    turning = torch.tensor([[-0.05, -1.0], [1.0, -0.05]])
    return torch.einsum("i,ij,kl->ikjl", speeds, torch.eye(size), turning).reshape(2 * size, 2 * size)


class BeatAutoencoder(nn.Module):
    """From the samples that were seen to a latent state, and from there to all samples."""

    def __init__(self, decoder: Oscillators | Recurrence, usual: Float[Tensor, "187"]) -> None:
        super().__init__()
        self.decoder, self.usual = decoder, usual
        self.reader = Perceptron(2 * TIMES, 128, 64, 2 * LATENT, activation=nn.ELU)

    def encode(self, beats: Beat, seen: Beat) -> tuple[Float[Tensor, "beat latent"], Float[Tensor, "beat latent"]]:
        """Mean and logarithm of the variance of z(0), by samples where `seen` is 1; it is 0 at the others."""
        mean, log_variance = self.reader(torch.cat((seen * (beats - self.usual), seen), dim=1)).chunk(2, dim=1)
        return mean, log_variance

    def decode(self, z: Float[Tensor, "beat latent"]) -> Beat:
        """The beats of latent states."""
        beats: Tensor = self.usual + self.decoder(z, TIMES).squeeze(2)
        return beats

    def loss(self, some: Heartbeats, seen: Beat) -> Float[Tensor, ""]:
        """Minus the evidence lower bound of the whole beats, seen in part, but for a constant: nats a beat."""
        mean, log_variance = self.encode(some.values, seen)
        z = sample(mean, log_variance)
        misfit = ((self.decode(z) - some.values).square() * some.within).sum(dim=1) / (2 * NOISE**2)
        return (misfit + divergence(mean, log_variance)).mean()
