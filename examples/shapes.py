"""Shapes distinguished by a flow that is solved explicitly or implicitly: `python -m examples.shapes`.

    dx/dt = f(x),   x(0) = W image features + b,   scores = V x(1) + c

    explicit Euler    x' = x + h f(x)
    implicit Euler    x' = x + h f(x')
    Crank-Nicolson    x' = x + h (f(x) + f(x')) / 2

Does it matter to a classifier by which of these its equation is solved? Networks that begin alike learn to distinguish
triangles, circles and rectangles, alone and in pairs. After the outline of a thesis (Ul Ala 2021): these methods,
2,700, 1,350 and 500 images with h = 0.05, 0.025 and 0.01, and seven classes. Three shapes and three pairs are six; the
seventh is here all three together. Shapes, network and training are this example's own.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Bool, Float
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn import functional as F

from examples.classification import Labelled, cross_entropy, missed
from examples.fitting import descend
from examples.layers import Perceptron, Stem
from examples.presentation import ask, panels, save, tabulate
from ode import integrate

METHODS = {"euler": "explicit Euler", "implicit_euler": "implicit Euler", "crank_nicolson": "Crank-Nicolson"}
STUDIES = ((2700, 0.05), (1350, 0.025), (500, 0.01))  # images that are learnt from, and the step
CLASSES = [shown for count in (1, 2, 3) for shown in itertools.combinations(("triangle", "circle", "rectangle"), count)]
SIDE, FINER, NEW = 20, 3, 700
"""Pixels along an image, points along a pixel that give how grey it is, and images that accuracy is measured on."""
CHANNELS, STATES, WIDTH, BATCH, RATE = 16, 4, 32, 128, 1e-2
Points = Float[Tensor, "image row column"]
Found = dict[tuple[int, float], dict[str, Float[Tensor, "seed epoch"]]]


@dataclass(frozen=True)
class Size:
    """How many images are learnt from by which step, with how many seeds, and for how many epochs."""

    studies: tuple[tuple[int, float], ...] = STUDIES[:1]
    seeds: int = 3
    epochs: int = 5


SMALLEST = Size(studies=((2700, 0.5),), seeds=2, epochs=3)
DEFAULT, FULL = Size(), Size(studies=STUDIES, seeds=5, epochs=30)


class Flow(nn.Module):
    """From x(0) to x(1)."""

    def __init__(self, method: str, step: float) -> None:
        super().__init__()
        self.f = Perceptron(STATES, WIDTH, STATES)
        self.solve = partial(integrate, times=(0, 1), method=method, step=step, gradient="direct")

    def forward(self, x: Float[Tensor, "image state"]) -> Float[Tensor, "image state"]:
        """The state at the end."""
        return self.solve(lambda _, x: self.f(x), x).states


def paint(count: int) -> Labelled:
    """Images of each class in turn: white shapes on black of any size and direction, which do not overlap."""
    classes = torch.arange(count) % len(CLASSES)
    images = torch.zeros(count, 1, SIDE, SIDE)
    axis = (torch.arange(SIDE * FINER) + 0.5) / (SIDE * FINER) * 2 - 1
    x, y = torch.meshgrid(axis, axis, indexing="xy")
    for place, shapes in enumerate(CLASSES):
        own = classes == place
        around = 2 * torch.pi * torch.rand(int(own.sum()), 1, 1)
        off = 0.55 if len(shapes) > 1 else 0.4 * torch.rand_like(around)
        for shape in shapes:
            around = around + 2 * torch.pi / len(shapes)
            drawn = cover(shape, x - off * around.cos(), y - off * around.sin())
            images[own] += F.avg_pool2d(drawn.float()[:, None], FINER)
    return Labelled(images, classes)


def cover(shape: str, x: Points, y: Points) -> Bool[Tensor, "image row column"]:
    """Which points lie within a shape, around its middle, that is turned at random and reaches out by at most 0.42."""
    size, turn = 0.3 + 0.12 * torch.rand(len(x), 1, 1), 2 * torch.pi * torch.rand(len(x), 1, 1)
    u, v = turn.cos() * x + turn.sin() * y, turn.cos() * y - turn.sin() * x
    if shape == "triangle":
        return torch.maximum(u, v.abs() * 0.75**0.5 - u / 2) < size / 2
    return u**2 + v**2 < (0.8 * size) ** 2 if shape == "circle" else (u.abs() < 0.85 * size) & (v.abs() < 0.45 * size)


def study(size: Size) -> Found:
    """Train by each method with each seed, which fixes the images and the parameters at first."""
    return {
        (count, step): {
            method: torch.tensor([train(method, step, count, size.epochs, seed) for seed in range(size.seeds)])
            for method in METHODS
        }
        for count, step in size.studies
    }


def train(method: str, step: float, count: int, epochs: int, seed: int) -> list[float]:
    """The share of new images that a network gets right, before the first epoch and after each."""
    torch.manual_seed(seed)
    known, new = paint(count), paint(NEW)
    features = (Stem(CHANNELS, SIDE), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(CHANNELS, STATES))
    network = nn.Sequential(*features, Flow(method, step), nn.Linear(STATES, len(CLASSES)))
    batches, right, calls = -(-count // BATCH), [], itertools.count()

    def loss() -> Tensor:
        if next(calls) % batches == 0:
            right.append(1 - missed(network, new))
        return cross_entropy(network, known.pick(torch.randint(count, (BATCH,))))

    descend(loss, network.parameters(), epochs * batches, RATE)
    return [*right, 1 - missed(network, new)]


def table(found: Found) -> str:
    """Accuracy after each epoch: mean and standard deviation over seeds."""
    rows = []
    for (count, step), right in found.items():
        for epoch, percent in enumerate(100 * torch.stack(tuple(right.values()), dim=2).transpose(0, 1)):
            shares = [f"{some.mean():.1f} ± {some.std():.1f}" for some in percent.T]
            rows.append((f"{count:,}", f"{step}", f"{epoch}", *shares))
    return tabulate(("images", "step", "epoch", *(f"{name} (%)" for name in METHODS.values())), rows)


def draw(found: Found) -> Figure:
    """Images of each class, and accuracy as networks learn."""
    figure, (images, *panes) = panels(1 + len(found))
    framed, side = F.pad(paint(6 * len(CLASSES)).images, (1, 1, 1, 1), value=0.5), SIDE + 2
    rows = framed.view(6, len(CLASSES), side, side).permute(1, 2, 0, 3).reshape(len(CLASSES) * side, 6 * side)
    images.imshow(rows.numpy(), cmap="gray")
    images.set_yticks(range(side // 2, len(rows), side), [" + ".join(some) for some in CLASSES], fontsize=8)
    images.set(xticks=[], title="the seven classes")
    images.grid(visible=False)
    for axes, ((count, step), right) in zip(panes, found.items(), strict=True):
        for method, runs in right.items():
            mean, spread = 100 * runs.mean(dim=0), 100 * runs.std(dim=0)
            axes.plot(mean, label=METHODS[method])
            axes.fill_between(range(len(mean)), mean - spread, mean + spread, alpha=0.2)
        axes.set(title=f"{count:,} images, step {step}", xlabel="epoch", ylabel="new images right (%)")
        axes.legend(fontsize=8, loc="lower right")
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "shapes.png")


if __name__ == "__main__":
    main()
