"""A chemical rate law, its order included, learnt from noisy samples: `python -m examples.reaction`.

    A -> Q (k1),  Q -> S (k2),  A -> S (k3)

    dA/dt = -(k1 + k3) A^n        dQ/dt = k1 A^n - k2 Q

Catalytic cracking of gas oil (A) to gasoline (Q) and what else comes of it (S), with k = (12, 8, 2) and n = 2: the
problem of Tjoa and Biegler, "Simultaneous solution and optimization strategies for parameter estimation of
differential-algebraic equation systems", Industrial and Engineering Chemistry Research 30 (1991), with the order n
unknown as well. Nobody samples S. Three charges are cracked and sampled; the constants and the order move along their
gradients through the solve, from 1 each, until the curves pass through the samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from examples.fitting import minimize
from examples.presentation import ask, panels, save, tabulate
from ode import integrate

CONSTANTS = {"k1": 12.0, "k2": 8.0, "k3": 2.0, "n": 2.0}
CHARGES = ((1.0, 0.0), (0.5, 0.0), (0.0, 1.0))
"""Mass fractions of A and Q at the start: gas oil, gas oil diluted, and gasoline alone, which shows k2."""
NOISE = 0.002
"""Standard deviation of a sample, a mass fraction."""
END = 0.95
"""When the last sample is drawn; time is scaled, as in the literature."""


@dataclass(frozen=True)
class Size:
    """How many samples are drawn of each charge, and the most steps of the optimiser."""

    samples: int = 41
    iterations: int = 100


SMALLEST, DEFAULT, FULL = Size(samples=21, iterations=20), Size(), Size(samples=201)


class Cracking(nn.Module):
    """The law; its constants and its order are above 0, so their logarithms are what is learnt."""

    def __init__(self, constants: Sequence[float]) -> None:
        super().__init__()
        self.logarithms = nn.Parameter(torch.tensor(constants, dtype=torch.float64).log())

    @property
    def constants(self) -> Float[Tensor, "4"]:
        """k1, k2, k3 and n."""
        return self.logarithms.exp()

    def forward(self, t: Float[Tensor, "charge"], fractions: Float[Tensor, "charge 2"]) -> Float[Tensor, "charge 2"]:
        """The slopes of A and Q."""
        k1, k2, k3, n = self.constants
        a, q = fractions.unbind(1)
        rate = a.clamp_min(1e-9) ** n
        return torch.stack((-(k1 + k3) * rate, k1 * rate - k2 * q), 1)


@dataclass(frozen=True)
class Found:
    """The samples, the law that was learnt from them, and the curves by it."""

    times: Float[Tensor, "sample"]
    samples: Float[Tensor, "sample charge 2"]
    law: Cracking
    dense: Float[Tensor, "time"]
    true: Float[Tensor, "time charge 2"]
    learnt: Float[Tensor, "time charge 2"]

    @property
    def errors(self) -> dict[str, float]:
        """How far each constant is off, as a share of the true one."""
        learnt = self.law.constants.tolist()
        return {name: abs(value / CONSTANTS[name] - 1) for name, value in zip(CONSTANTS, learnt, strict=True)}


def study(size: Size) -> Found:
    """Draw the samples, learn the law."""
    torch.manual_seed(0)
    law = Cracking(tuple(CONSTANTS.values()))
    times = torch.linspace(0, END, size.samples, dtype=torch.float64)
    dense = torch.linspace(0, END, 200, dtype=torch.float64)
    with torch.no_grad():
        true = fractions(law, times)
        samples = true + NOISE * torch.randn_like(true)
    learnt = Cracking((1.0, 1.0, 1.0, 1.0))
    minimize(lambda: (fractions(learnt, times) - samples).square().mean(), learnt.parameters(), size.iterations)
    with torch.no_grad():
        return Found(times, samples, learnt, dense, fractions(law, dense), fractions(learnt, dense))


def fractions(law: Cracking, times: Float[Tensor, "time"]) -> Float[Tensor, "time charge 2"]:
    """Of A and Q in each charge at each time."""
    return integrate(
        law, torch.tensor(CHARGES, dtype=torch.float64), times, rtol=1e-5, atol=1e-7, gradient="direct"
    ).path


def table(found: Found) -> str:
    """What was learnt beside what is true."""
    learnt = found.law.constants.tolist()
    return tabulate(
        ("", "true", "learnt", "off by"),
        [
            (name, f"{CONSTANTS[name]:.3f}", f"{value:.3f}", f"{found.errors[name]:.1%}")
            for name, value in zip(CONSTANTS, learnt, strict=True)
        ],
    )


def draw(found: Found) -> Figure:
    """Samples and curves of each charge."""
    figure, axes = panels(len(CHARGES), width=3.8, sharey=True)
    for charge, panel in enumerate(axes):
        panel.plot(found.dense, found.true[:, charge], color="black", linewidth=5, alpha=0.2, label=("true", None))
        for kind, name in enumerate(("A: gas oil", "Q: gasoline")):
            panel.plot(found.dense, found.learnt[:, charge, kind], color=f"C{kind}", label=f"{name}, learnt")
            panel.plot(found.times, found.samples[:, charge, kind], ".", color=f"C{kind}", label=f"{name}, samples")
        panel.set_xlabel("time (scaled)")
        panel.set_title(f"A = {CHARGES[charge][0]:g}, Q = {CHARGES[charge][1]:g} at first", fontsize=10)
    axes[0].set_ylabel("mass fraction")
    axes[1].legend(fontsize=8)
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "reaction.png")


if __name__ == "__main__":
    main()
