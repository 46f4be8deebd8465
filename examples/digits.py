"""Handwritten digits read by layers, by residual blocks and by a flow: `python -m examples.digits`.

    dx/dt = f(t, x),   x(0) = stem(image),   scores = head(x(1))

Chen et al., "Neural ordinary differential equations" (2018), section 3 and table 1: a flow takes the place of residual
blocks x + g(x). Its f is g with the time as an input; gradients go through the solver (RK-Net) or come by the adjoint
(ODE-Net), which keeps no more however many evaluations a solve takes. The images are scikit-learn's, or with `--data`
MNIST's.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from examples.classification import BATCH, Labelled, cross_entropy, learn, missed
from examples.handwriting import Split, read_mnist, read_small
from examples.layers import Perceptron, Residual, Stem, TimedConvolution, norm
from examples.presentation import ask, panels, save, tabulate
from ode import Gradient, Kept, integrate

CHANNELS, BLOCKS, HIDDEN, RATE = 16, 6, 128, 5e-3
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4)  # of solves that are compared; the first is that of training
GRADIENTS: dict[str, Gradient] = {"RK-Net": "direct", "ODE-Net": "adjoint"}
State = Float[Tensor, "image channel row column"]


@dataclass(frozen=True)
class Size:
    """Training steps of each network, into how many folds the images fall, and the folder of MNIST in their place."""

    steps: int = 250
    folds: int = 5
    mnist: Path | None = None


SMALLEST, DEFAULT, FULL = Size(steps=120, folds=2), Size(), Size(steps=2000)


class Slope(nn.Module):
    """f: as g, but with the time as an input, and with a last norm, which lets states move slowly at first."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = norm(CHANNELS), norm(CHANNELS), norm(CHANNELS)
        self.conv1, self.conv2 = TimedConvolution(CHANNELS), TimedConvolution(CHANNELS)
        nn.init.constant_(self.norm3.weight, 0.3)

    def forward(self, t: Float[Tensor, "image"], x: State) -> State:
        """The slope of each image's state."""
        inner = self.conv1(t, self.norm1(x).relu())
        outer: Tensor = self.norm3(self.conv2(t, self.norm2(inner).relu()))
        return outer


class Flow(nn.Module):
    """From x(0) to x(1); remembers what the last solve cost, in evaluations an image."""

    def __init__(self, gradient: Gradient) -> None:
        super().__init__()
        self.f, self.gradient, self.tolerance, self.evaluations = Slope(), gradient, TOLERANCES[0], 0.0

    def forward(self, x: State) -> State:
        """The state at the end."""
        rtol = atol = self.tolerance
        solution = integrate(self.f, x, (0, 1), method="bosh3", rtol=rtol, atol=atol, gradient=self.gradient)
        self.evaluations = solution.cost.evaluations.float().mean().item()
        return solution.states


def build(name: str, side: int) -> nn.Sequential:
    """The network of that name, for images of so many rows and columns."""
    if name == "MLP":
        return nn.Sequential(nn.Flatten(), Perceptron(side**2, HIDDEN, 10, activation=nn.ReLU))
    body = [Flow(GRADIENTS[name])] if name in GRADIENTS else [Residual(CHANNELS) for _ in range(BLOCKS)]
    head = (norm(CHANNELS), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * CHANNELS, 10))
    return nn.Sequential(Stem(CHANNELS, side), *body, *head)


@dataclass(frozen=True)
class Trained:
    """Of a network: its size, the share misread of each fold, CPU time, and at TOLERANCES evaluations and MB kept."""

    parameters: int
    errors: list[float]
    seconds: float
    costs: list[tuple[float, float]]


def study(size: Size) -> dict[str, Trained]:
    """Train each network anew for each fold, on all others."""
    torch.manual_seed(0)
    splits = read_mnist(size.mnist) if size.mnist else read_small(size.folds)
    return {name: examine(name, splits, size.steps) for name in ("MLP", "ResNet", *GRADIENTS)}


def examine(name: str, splits: list[Split], steps: int) -> Trained:
    """Train a network on each split, and have it read what is new; look at what a batch costs the last."""
    torch.manual_seed(0)
    errors, started = [], time.process_time()
    for split in splits:
        network = build(name, split.known.images.shape[-1])
        learn(network, split.known, steps, RATE)
        errors.append(missed(network, split.new))
    seconds, batch = time.process_time() - started, split.known.pick(torch.arange(BATCH))
    costs, parameters = [look(network, batch, it) for it in TOLERANCES], sum(it.numel() for it in network.parameters())
    return Trained(parameters, errors, seconds, costs)


def look(network: nn.Sequential, batch: Labelled, tolerance: float) -> tuple[float, float]:
    """Evaluations an image where solves have that tolerance, and the MB that are kept for the batch's gradient."""
    body, kept = network[1], Kept(network.parameters())
    if isinstance(body, Flow):
        body.tolerance = tolerance
    with kept:
        cross_entropy(network, batch).backward()  # type: ignore[no-untyped-call]
    return body.evaluations if isinstance(body, Flow) else 0.0, kept.most / 1e6


def table(found: dict[str, Trained]) -> str:
    """Each network in numbers."""
    rows = []
    for name, it in found.items():
        (cost, mb), ratio = it.costs[0], it.seconds / found["ResNet"].seconds
        shown = f"{cost:.0f}" if name in GRADIENTS else "none"
        rows.append((name, f"{fmean(it.errors):.2%}", f"{it.parameters:,}", shown, f"{mb:.2f}", f"{ratio:.1f}"))
    return tabulate(("", "test error", "parameters", "evaluations", "kept (MB)", "time (ResNet: 1)"), rows)


def draw(found: dict[str, Trained]) -> Figure:
    """How often each network errs and how large it is, and what is kept for the way back as solves grow longer."""
    figure, (reading, memory) = panels(2)
    percent = 100 * torch.tensor([it.errors for it in found.values()]).numpy()
    reading.bar([f"{name}\n{it.parameters:,}" for name, it in found.items()], percent.mean(axis=1), color="0.8")
    reading.plot(torch.arange(len(found))[:, None] + torch.linspace(-0.2, 0.2, percent.shape[1]), percent, "ko", ms=4)
    reading.axhline(100 * fmean(found["ResNet"].errors) + 0.5, color="k", linestyle="--", label="ResNet + 0.5 points")
    memory.axhline(found["ResNet"].costs[0][1], color="k", linestyle=":", label="ResNet (no evaluations)")
    for name in GRADIENTS:
        memory.plot(*zip(*found[name].costs, strict=True), "o-", label=name)
    reading.set(xlabel="parameters; dots: folds", ylabel="images misread (%)")
    memory.set(xlabel="evaluations an image", ylabel="kept for the way back (MB)", xlim=(0, None), ylim=(0, None))
    figure.legend(fontsize=8, loc="outside lower center", ncols=4)
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments, data="folder of MNIST's four IDX files, to be read in place of the small images")
    found = study(replace(FULL if asked.full else DEFAULT, mnist=asked.data))
    print(table(found))
    save(draw(found), asked.out / "digits.png")


if __name__ == "__main__":
    main()
