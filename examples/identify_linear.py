"""System identification: the matrix of a linear system from one trajectory: `python -m examples.identify_linear`.

    dz/dt = A z        A = [[-0.1, -1], [1, -0.1]]

Surtsukov, "Neural ODEs" (2019), github.com/msurtsukov/neural-ode: a spiral from (0.6, 0.3) is observed at 200 times up
to 31.45, five turns, with noise that is a third of what the spiral has shrunk to by then. A matrix of small numbers
drawn at random moves along its gradients through solves of random spans (see `spans`) until they pass through the
observations.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from examples.fitting import descend
from examples.presentation import ask, panels, save, tabulate
from examples.spans import Observed, follow, misfit_of_draw, observe

MATRIX = ((-0.1, -1.0), (1.0, -0.1))
START = (0.6, 0.3)
CLAIM = 0.02


@dataclass(frozen=True)
class Size:
    """How many steps the optimiser takes."""

    steps: int = 1000


SMALLEST, DEFAULT, FULL = Size(300), Size(), Size(5000)


class Linear(nn.Module):
    """dz/dt = A z."""

    def __init__(self, matrix: Float[Tensor, "2 2"]) -> None:
        super().__init__()
        self.matrix = nn.Parameter(matrix)

    def forward(self, t: Float[Tensor, "sample"], z: Float[Tensor, "sample 2"]) -> Float[Tensor, "sample 2"]:
        """The slope."""
        return z @ self.matrix.T

    def off(self) -> float:
        """How far the matrix is from the true one, as a share of that, both in Frobenius' norm."""
        true = torch.tensor(MATRIX)
        return float(torch.dist(self.matrix.detach(), true) / true.norm())


@dataclass(frozen=True)
class Found:
    """What was observed, the system learnt, its trajectory, and how far it was off before each step and at last."""

    observed: Observed
    system: Linear
    learnt: Float[Tensor, "time 2"]
    off: tuple[float, ...]


def study(size: Size) -> Found:
    """Observe the system, learn it."""
    torch.manual_seed(0)
    start = torch.tensor(START)
    with torch.no_grad():
        observed = observe(Linear(torch.tensor(MATRIX)), start)
    system, off = Linear(0.1 * torch.randn(2, 2)), []

    def loss() -> Tensor:
        off.append(system.off())
        return misfit_of_draw(system, observed)

    descend(loss, system.parameters(), size.steps, rate=0.1)
    with torch.no_grad():
        return Found(observed, system, follow(system, start, observed.times), (*off, system.off()))


def table(found: Found) -> str:
    """The matrix that was learnt beside the true one."""
    learnt = found.system.matrix.tolist()
    rows = [
        (f"A[{row}, {column}]", f"{MATRIX[row][column]:.3f}", f"{learnt[row][column]:.4f}")
        for row in range(2)
        for column in range(2)
    ]
    return f"{tabulate(('', 'true', 'learnt'), rows)}\n\noff by {found.off[-1]:.2%} (Frobenius), claimed: {CLAIM:.0%}"


def draw(found: Found) -> Figure:
    """The trajectory, and how the matrix was found."""
    figure, (plane, steps) = panels(2, height=4.2)
    plane.plot(*found.observed.true.T, color="black", linewidth=5, alpha=0.2, label="true")
    plane.plot(*found.learnt.T, color="C0", label="learnt")
    plane.plot(*found.observed.seen.T, ".", markersize=4, color="C1", label="observed")
    plane.set_aspect("equal")
    plane.set_xlabel("z₁")
    plane.set_ylabel("z₂")
    steps.plot(range(len(found.off)), [100 * off for off in found.off], color="C0", label="matrix")
    steps.axhline(100 * CLAIM, color="gray", linestyle=":", label="claimed")
    steps.set_yscale("log")
    steps.set_xlabel("step of the optimiser")
    steps.set_ylabel("off the true matrix by (%)")
    for axes in (plane, steps):
        axes.legend(fontsize=8)
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "identify_linear.png")


if __name__ == "__main__":
    main()
