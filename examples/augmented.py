"""What no flow can do, and an augmented one can: `python -m examples.augmented`.

    dx/dt = f(x),   x(0) = (point, 0),   scores = W x(1) + b

Dupont, Doucet and Teh, "Augmented neural ODEs" (NeurIPS 2019), on functions that no neural ODE can represent. Solutions
of an equation never cross: what lies around a disc in the plane stays around it, and no line parts the two. A plain
flow can only tear the ring open, and is wrong there, whether it takes the time or not. A third dimension, which
begins at 0, lifts the disc out. All learn by squared error, as in the paper; iris flowers (Fisher 1936) all can part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.datasets import load_iris
from torch import Tensor, nn
from torch.nn import functional as F

from examples.fitting import descend
from examples.layers import Perceptron
from examples.presentation import ask, panels, save, tabulate
from ode import Solution, integrate

RADII = (0.0, 0.5), (1.0, 1.5)  # of the disc and the ring, as in the paper
WIDTH, BATCH, RATE = 32, 64, 2e-2
VARIANTS = {"plain": (0, 0), "time-dependent": (1, 0), "augmented": (0, 1), "both": (1, 1)}
"""Whether f takes the time, and how many dimensions are added."""
KNOWN = {"circles": 1000, "iris": 100}  # points at the beginning of a set that are learnt from


@dataclass(frozen=True)
class Size:
    """How many steps each variant is trained for on a set."""

    circles: int = 200
    iris: int = 200


SMALLEST, DEFAULT, FULL = Size(circles=100, iris=60), Size(), Size(circles=2000, iris=2000)


class Classifier(nn.Module):
    """A flow over t in 0..1, and a linear layer on where it ends."""

    def __init__(self, features: int, classes: int, timed: int, added: int) -> None:
        super().__init__()
        self.timed, self.added, states = timed, added, features + added
        self.layers = Perceptron(states + timed, WIDTH, WIDTH, states, activation=nn.ReLU)
        self.scores = nn.Linear(states, classes)

    def slope(self, t: Float[Tensor, "point"], x: Float[Tensor, "point state"]) -> Float[Tensor, "point state"]:
        """f, of the time too where it takes it."""
        return self.layers(torch.cat((x, t[:, None]), dim=1) if self.timed else x)

    def forward(self, points: Float[Tensor, "point feature"]) -> tuple[Float[Tensor, "point class"], Solution]:
        """A score for each class, and the solve that led to it."""
        solution = integrate(self.slope, F.pad(points, (0, self.added)), (0.0, 1.0), gradient="direct")
        return self.scores(solution.states), solution


@dataclass(frozen=True)
class Run:
    """A trained variant, what its solves cost as it learnt (means over ten steps), and its share of misses."""

    data: str
    variant: str
    network: Classifier
    evaluations: Float[Tensor, "ten_steps"]
    missed: float


def study(size: Size) -> list[Run]:
    """Train each variant on each set."""
    torch.manual_seed(0)
    sets = (("circles", size.circles, draw_circles(21000)), ("iris", size.iris, pick_flowers()))
    return [train(data, steps, variant, *points) for data, steps, points in sets for variant in VARIANTS]


def draw_circles(count: int) -> tuple[Float[Tensor, "point 2"], Int64[Tensor, "point"]]:
    """Points of the disc (class 0) and, twice as many, of the ring around it (class 1), evenly spread over each."""
    classes = (torch.arange(count) % 3 > 0).long()
    least, most = torch.tensor(RADII).square()[classes].T
    radius, angle = (least + (most - least) * torch.rand(count)).sqrt(), 2 * torch.pi * torch.rand(count)
    return radius[:, None] * torch.stack((angle.cos(), angle.sin()), dim=1), classes


def pick_flowers() -> tuple[Float[Tensor, "flower 4"], Int64[Tensor, "flower"]]:
    """150 flowers of three species in random order, each as four lengths in standard deviations from their mean."""
    lengths, species = map(torch.from_numpy, load_iris(return_X_y=True))
    values, order = (lengths - lengths.mean(dim=0)) / lengths.std(dim=0), torch.randperm(len(lengths))
    return values[order].float(), species[order]


def train(
    data: str, steps: int, variant: str, points: Float[Tensor, "point feature"], classes: Int64[Tensor, "point"]
) -> Run:
    """One variant on one set, towards a score of 1 for the point's class and 0 for others."""
    torch.manual_seed(0)
    known, targets, costs = KNOWN[data], F.one_hot(classes).float(), []
    network = Classifier(points.shape[1], targets.shape[1], *VARIANTS[variant])

    def loss() -> Tensor:
        drawn = torch.randint(known, (BATCH,))
        scores, solution = network(points[drawn])
        costs.append(solution.cost.evaluations.float().mean())
        return F.mse_loss(scores, targets[drawn])

    descend(loss, network.parameters(), steps, RATE)
    with torch.no_grad():
        missed = network(points[known:])[0].argmax(dim=1) != classes[known:]
    return Run(data, variant, network, torch.stack(costs).unfold(0, 10, 1).mean(dim=1), missed.float().mean().item())


def table(runs: list[Run]) -> str:
    """Each variant on each set."""
    rows = [(it.data, it.variant, f"{it.missed:.2%}", *map("{:.0f}".format, it.evaluations[[0, -1]])) for it in runs]
    return tabulate(("set", "variant", "new points missed", "evaluations at first", "at last"), rows)


def draw(runs: list[Run]) -> Figure:
    """What a plain and an augmented flow make of the plane, and what solves cost while each variant learns."""
    figure, (plain, augmented, *costs) = panels(4, width=3.7)
    draw_plane(plain, runs[0])
    draw_plane(augmented, runs[2])
    for axes, part in zip(costs, (runs[:4], runs[4:]), strict=True):
        for run in part:
            axes.plot(run.evaluations, label=run.variant)
        axes.set(title=part[0].data, xlabel="training step", ylabel="evaluations a point")
        axes.legend(fontsize=8)
    return figure


def draw_plane(axes: Axes, run: Run) -> None:
    """Where the network says disc and where ring, and points of both."""
    axis = torch.linspace(-1.8, 1.8, 401)
    with torch.no_grad():
        disc, ring = run.network(torch.cartesian_prod(axis, axis))[0].view(401, 401, 2).permute(2, 1, 0)
    axes.contourf(axis, axis, ring - disc, levels=[-torch.inf, 0, torch.inf], colors=["C0", "C1"], alpha=0.3)
    axes.contour(axis, axis, ring - disc, levels=[0], colors="black", linewidths=1)
    axes.plot([], color="black", linewidth=1, label="decision boundary")
    points, classes = draw_circles(600)
    for place, name in enumerate(("disc", "ring")):
        axes.plot(*points[classes == place].T, ".", markersize=3, color=f"C{place}", label=name)
    axes.set(title=f"{run.variant}: {run.missed:.2%} missed", xlabel="x", ylabel="y", aspect="equal")
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=3)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "augmented.png")


if __name__ == "__main__":
    main()
