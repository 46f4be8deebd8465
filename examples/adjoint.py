"""Two ways to differentiate a solve, and what each costs: `python -m examples.adjoint`.

    da/dt = -a' df/dy,   dL/dp = integral from t1 to t0 of -a' df/dp dt,   with a = dL/dy

Chen et al., "Neural ordinary differential equations" (2018), equations 4 and 5, and figure 3 with memory added. A flow
of 64 numbers learns to read digits. Its gradient is then taken by the adjoint, solved backward, and directly, through
all that the solver did. What the direct way keeps grows with the evaluations; what the adjoint keeps does not, but it
evaluates anew: in the paper half as often as on the way there, here 1.3 to 2.7 times, as the gallery explains.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

from examples.fitting import descend
from examples.layers import Perceptron
from examples.presentation import ask, panels, save, tabulate
from ode import Gradient, Kept, integrate

PIXELS, CLASSES, BATCH, RATE = 64, 10, 128, 1e-2
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
WAYS: tuple[Gradient, ...] = ("adjoint", "direct")


@dataclass(frozen=True)
class Size:
    """How many steps the flow is trained for."""

    steps: int = 300


SMALLEST, DEFAULT, FULL = Size(40), Size(), Size(3000)


class Reader(nn.Module):
    """A flow of images over t in 0..1, and scores for the digits from where it ends. Counts the evaluations of f."""

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.scores = Perceptron(PIXELS + 1, PIXELS, PIXELS), nn.Linear(PIXELS, CLASSES)
        self.evaluations = 0

    def forward(self, t: Float[Tensor, "image"], y: Float[Tensor, "image pixel"]) -> Float[Tensor, "image pixel"]:
        """f, the slope."""
        self.evaluations += len(t)
        return self.layers(torch.cat((y, t[:, None]), dim=1))

    def loss(self, images: Tensor, digits: Tensor, way: Gradient, tolerance: float) -> Tensor:
        """How far the scores are from telling the digits."""
        solution = integrate(self, images, (0, 1), rtol=tolerance, atol=tolerance, max_evaluations=10_000, gradient=way)
        return F.cross_entropy(self.scores(solution.states), digits)

    def spent(self) -> float:
        """Evaluations of each image since this was asked last."""
        spent, self.evaluations = self.evaluations / BATCH, 0
        return spent


@dataclass(frozen=True)
class Taken:
    """A gradient: how it was taken, and the evaluations an image, megabytes kept and processor time that it took."""

    way: Gradient
    tolerance: float
    gradient: Float[Tensor, "parameter"]
    forward: float
    backward: float
    mb: float
    ms: float

    def error(self, true: "Taken") -> float:
        """How far it is off, as a share of the true one's length."""
        return float((self.gradient - true.gradient).norm() / true.gradient.norm())


@dataclass(frozen=True)
class Found:
    """Evaluations an image, there and back, of each training step; gradients, and the true one."""

    training: Float[Tensor, "step 2"]
    taken: list[Taken]
    true: Taken


def study(size: Size) -> Found:
    """Train the flow by the adjoint, then take its gradient both ways at each tolerance."""
    torch.manual_seed(0)
    pixels, digits = map(torch.from_numpy, load_digits(return_X_y=True))
    images, reader, spent = pixels / 16, Reader(), []

    def loss() -> Tensor:
        drawn = torch.randint(len(images), (BATCH,))
        spent.append(reader.spent())  # on the way back of the step before
        value = reader.loss(images[drawn].float(), digits[drawn], "adjoint", 1e-5)
        spent.append(reader.spent())
        return value

    descend(loss, reader.parameters(), size.steps, RATE)
    training = torch.tensor([*spent[1:], reader.spent()]).view(-1, 2)
    batch = images[:BATCH], digits[:BATCH]
    taken = [take(reader.double(), *batch, way, tolerance) for tolerance in TOLERANCES for way in WAYS]
    return Found(training, taken, take(reader, *batch, "checkpointed", 1e-11))


def take(reader: Reader, images: Tensor, digits: Tensor, way: Gradient, tolerance: float) -> Taken:
    """Take the gradient of f's parameters."""
    reader.zero_grad()
    kept, started = Kept(reader.parameters()), time.process_time()
    with kept:
        loss = reader.loss(images, digits, way, tolerance)
        forward = reader.spent()
        loss.backward()  # type: ignore[no-untyped-call]
    ms = 1000 * (time.process_time() - started)
    gradient = torch.cat([layer.grad.flatten() for layer in reader.layers.parameters() if layer.grad is not None])
    return Taken(way, tolerance, gradient, forward, reader.spent(), kept.most / 1e6, ms)


def table(found: Found) -> str:
    """Each gradient."""
    rows = []
    for it in found.taken:
        spent = f"{it.forward:.1f}", f"{it.backward:.1f}", f"{it.mb:.2f}", f"{it.ms:.0f}"
        rows.append((f"{it.tolerance:.0e}", it.way, f"{it.error(found.true):.0e}", *spent))
    return tabulate(("tolerance", "gradient", "error", "evaluations", "backward", "kept (MB)", "time (ms)"), rows)


def draw(found: Found) -> Figure:
    """The panels of figure 3, and what is kept."""
    figure, (*costs, training) = panels(5, width=2.9, height=3.0)
    for way in WAYS:
        taken = [it for it in found.taken if it.way == way]
        columns = zip(*((it.error(found.true), it.ms, it.backward, it.mb) for it in taken), strict=True)
        for axes, column in zip(costs, columns, strict=True):
            axes.plot([it.forward for it in taken], column, "o-", label=way)
    training.plot(found.training, label=("forward", "backward, adjoint"))
    costs[0].set_yscale("log")
    labels = "error of the gradient", "processor time (ms)", "evaluations backward", "kept for the way back (MB)"
    for axes, label in zip((*costs, training), (*labels, "evaluations an image"), strict=True):
        axes.set(ylabel=label, xlabel="training step" if axes is training else "evaluations forward")
        axes.legend(fontsize=8)
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "adjoint.png")


if __name__ == "__main__":
    main()
