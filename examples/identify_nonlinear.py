"""System identification: unknown dynamics from one trajectory: `python -m examples.identify_nonlinear`.

    dz/dt = s(z) A (z - c) + s(-z) B (z + c),   s(z) = 1 / (1 + exp(-c' z)),   c = (-1, 0)

The second system of Surtsukov, "Neural ODEs" (2019), github.com/msurtsukov/neural-ode: on either side of the plane
another linear system prevails, one that turns inward and one that turns outward, and a sigmoid leads over. A network of
2, 16, 16 and 2 with ELU between, which knows nothing of that, learns the slopes from 200 observations of one trajectory
(see `spans`). Where the trajectory has been they are near the true ones, elsewhere a guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from examples.fitting import descend
from examples.layers import Perceptron
from examples.presentation import ask, panels, save, tabulate
from examples.spans import Observed, follow, misfit_of_draw, observe
from ode import Dynamics

A = torch.tensor([[-0.1, -0.5], [0.5, -0.1]])
B = torch.tensor([[0.2, 1.0], [-1.0, 0.2]])
CENTRE = torch.tensor([-1.0, 0.0])
START = torch.tensor([0.6, 0.3])
CLAIM = 0.2
"""The mean distance of the learnt trajectory from the true one is below it; the trajectory is about 6 wide, 4 high."""

ARROWS: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 5}
"""A slope is drawn as where it leads to in a fifth of a unit of time, in either field."""


@dataclass(frozen=True)
class Size:
    """How many steps the optimiser takes."""

    steps: int = 2000


SMALLEST, DEFAULT, FULL = Size(600), Size(), Size(20_000)


def dynamics(t: Float[Tensor, "sample"], z: Float[Tensor, "sample 2"]) -> Float[Tensor, "sample 2"]:
    """The true slopes."""
    side = torch.sigmoid(z @ CENTRE)[:, None]
    return side * ((z - CENTRE) @ A.T) + (1 - side) * ((z + CENTRE) @ B.T)


class Network(nn.Module):
    """The slopes that are learnt."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = Perceptron(2, 16, 16, 2, activation=nn.ELU)

    def forward(self, t: Float[Tensor, "sample"], z: Float[Tensor, "sample 2"]) -> Float[Tensor, "sample 2"]:
        """They do not depend on the time."""
        return self.layers(z)


@dataclass(frozen=True)
class Found:
    """What was observed, the network, and its trajectory."""

    observed: Observed
    network: Network
    learnt: Float[Tensor, "time 2"]

    @property
    def distances(self) -> Float[Tensor, "time"]:
        """Of the learnt trajectory from the true one."""
        distances: Tensor = torch.linalg.vector_norm(self.learnt - self.observed.true, dim=1)
        return distances

    @property
    def slope_error(self) -> float:
        """How far the slopes along the true trajectory are off, in the mean, as a share of their own mean."""
        true, learnt = slopes(dynamics, self.observed.true), slopes(self.network, self.observed.true)
        return float((learnt - true).norm(dim=1).mean() / true.norm(dim=1).mean())


def study(size: Size) -> Found:
    """Observe the system, learn it."""
    torch.manual_seed(0)
    observed = observe(dynamics, START)
    network = Network()
    descend(lambda: misfit_of_draw(network, observed), network.parameters(), size.steps, rate=0.05)
    with torch.no_grad():
        return Found(observed, network, follow(network, START, observed.times))


@torch.no_grad()
def slopes(f: Dynamics, z: Float[Tensor, "point 2"]) -> Float[Tensor, "point 2"]:
    """Of so many points."""
    return f(torch.zeros(len(z)), z)


def table(found: Found) -> str:
    """How well trajectory and slopes are known."""
    distances = found.distances
    return tabulate(
        ("", "found", "claimed"),
        [
            ("distance of the trajectories, mean", f"{distances.mean():.3f}", f"below {CLAIM}"),
            ("the same, at most", f"{distances.max():.3f}", ""),
            ("slopes along the trajectory, off by", f"{found.slope_error:.1%}", ""),
        ],
    )


def draw(found: Found) -> Figure:
    """The fields, true and learnt, with their trajectories, and where the one is right."""
    figure, (true, learnt, off) = panels(3, width=3.9, height=3.4)
    x, y = torch.linspace(-4, 4, 33), torch.linspace(-3, 3, 25)
    grid = torch.cartesian_prod(y, x).flip(1)
    fields = [slopes(f, grid).view(len(y), len(x), 2) for f in (dynamics, found.network)]
    paths = found.observed.true, found.learnt
    for axes, field, path, title in zip((true, learnt), fields, paths, ("true field", "learnt field"), strict=True):
        arrows = axes.quiver(x[::2], y[::2], *field[::2, ::2].permute(2, 0, 1), color="gray", **ARROWS)
        axes.quiverkey(arrows, 0.88, 1.05, 2, "2", labelpos="E")
        axes.plot(*found.observed.seen.T, ".", markersize=4, color="C1", label="observed")
        axes.plot(*path.T, color="C0", linewidth=1, label="trajectory of the field")
        axes.set_title(title)
    distance = (fields[1] - fields[0]).norm(dim=2)
    shades = off.contourf(x, y, distance, levels=[0, 0.1, 0.2, 0.5, 1, 2], cmap="Reds", extend="max")
    figure.colorbar(shades, ax=off, label="distance between the slopes")
    off.plot(*found.observed.true.T, color="C0", linewidth=1)
    off.set_title("how far apart they are; true trajectory")
    figure.legend(*true.get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=2)
    for axes in (true, learnt, off):
        axes.set(xlim=(-4, 4), ylim=(-3, 3), xlabel="z₁", ylabel="z₂")
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "identify_nonlinear.png")


if __name__ == "__main__":
    main()
