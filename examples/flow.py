"""A density learnt by carrying it to a known one: `python -m examples.flow`.

    dx/dt = f(t, x),   d log p(x)/dt = -tr(df/dx)

The instantaneous change of variables (Chen et al., "Neural ordinary differential equations", 2018, theorem 1). Points
x(0) of two moons are carried to x(1), which shall be standard normal, so log p(x(0)) = log N(x(1)) + integral of
tr(df/dx) dt; that is made large. Run backward, the same flow carries normal numbers to new points of the moons. The
trace is exact, or estimated as e' df/dx e, with signs e drawn at random for each point (Hutchinson 1990), in the way of
FFJORD (Grathwohl et al. 2019, equation 7): one product of Jacobian and vector, in however many dimensions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from examples.fitting import descend
from examples.presentation import ask, panels, save, tabulate
from ode import integrate

STEP, RATE, BATCH = 0.25, 2e-3, 256
NOISE = 0.1
"""Standard deviation of a point's distance from its moon."""
REACH, CELLS = 4.0, 160
"""The plane is looked at from -4 to 4 on both axes, at the middles of so many cells along each."""


@dataclass(frozen=True)
class Size:
    """How many steps each flow is trained for, and how wide its layers are."""

    steps: int = 1500
    width: int = 64


SMALLEST, DEFAULT, FULL = Size(steps=300), Size(), Size(steps=5000, width=128)


class Flow(nn.Module):
    """f, and the density that it gives to points of so many dimensions."""

    def __init__(self, dimensions: int, width: int = 128) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(dimensions + 1, width), nn.Linear(width, width)
        self.last = nn.Linear(width, dimensions)
        nn.init.zeros_(self.last.weight)  # begins as the identity
        nn.init.zeros_(self.last.bias)

    def forward(self, t: Float[Tensor, "point"], state: Float[Tensor, "point state"]) -> Float[Tensor, "point state"]:
        """The slope of x, the trace of df/dx, and 0 for the signs e, where they follow: they stay as they are."""
        x, signs = state[:, : self.last.out_features], state[:, self.last.out_features + 1 :]
        one = torch.tanh(self.first(torch.cat((x, t[:, None]), dim=1)))
        two = torch.tanh(self.second(one))
        # df/dx = W3 D2 W2 D1 W1, with the slopes of tanh in D1 and D2
        into, through, out = self.first.weight[:, :-1], self.second.weight, self.last.weight
        if signs.shape[1]:
            carried = (((signs @ into.T) * (1 - one**2)) @ through.T * (1 - two**2)) @ out.T
            trace = (signs * carried).sum(dim=1, keepdim=True)
        else:
            loop = through * (into @ out).T
            trace = ((1 - two**2) * ((1 - one**2) @ loop.T)).sum(dim=1, keepdim=True)
        return torch.cat((self.last(two), trace, torch.zeros_like(signs)), dim=1)

    def log_density(self, x: Float[Tensor, "point dimensions"], *, exact: bool = True) -> Float[Tensor, "point"]:
        """Of each point, in nats; by the exact trace, or by an unbiased estimate of it."""
        signs = x[:, :0] if exact else torch.randn_like(x).sign()
        start = torch.cat((x, x.new_zeros(len(x), 1), signs), dim=1)
        end = integrate(self, start, (0.0, 1.0), method="rk4", step=STEP, gradient="direct").states
        at, gained = end[:, : x.shape[1]], end[:, x.shape[1]]
        return -0.5 * (at**2).sum(dim=1) - 0.5 * x.shape[1] * math.log(2 * math.pi) + gained

    def sample(self, count: int) -> Float[Tensor, "point dimensions"]:
        """New points: normal numbers, carried from t = 1 back to t = 0."""
        end = torch.cat((torch.randn(count, self.last.out_features), torch.zeros(count, 1)), dim=1)
        return integrate(self, end, (1.0, 0.0), method="rk4", step=STEP).states[:, :-1]


def fit_flow(points: Float[Tensor, "point dimensions"], steps: int, width: int = 128, *, exact: bool = True) -> Flow:
    """A flow under which the points are likely: by maximum likelihood."""
    torch.manual_seed(0)
    flow = Flow(points.shape[1], width)

    def loss() -> Tensor:
        return -flow.log_density(points[torch.randint(len(points), (BATCH,))], exact=exact).mean()

    descend(loss, flow.parameters(), steps, RATE)
    return flow.eval()


@dataclass(frozen=True)
class Learnt:
    """A flow's density on the grid, in all and at new points; points drawn from it, and how many are near a moon."""

    grid: Float[Tensor, "x y"]
    mass: float
    likelihood: float
    samples: Float[Tensor, "point 2"]
    near: float


def study(size: Size) -> dict[str, Learnt]:
    """Fit a flow by the exact trace, and one by its estimate."""
    torch.manual_seed(1)
    points, new = draw_moons(4000), draw_moons(4000)
    traces = {"exact trace": True, "estimated trace": False}
    return {name: examine(fit_flow(points, size.steps, size.width, exact=exact), new) for name, exact in traces.items()}


def draw_moons(count: int, noise: float = NOISE) -> Float[Tensor, "point 2"]:
    """Points near two half circles of radius 1 that reach into each other, around the origin."""
    angle, side = torch.pi * torch.rand(count), torch.arange(count) % 2 * 2 - 1
    return torch.stack((angle.cos() + side / 2, side * (0.25 - angle.sin())), dim=1) + noise * torch.randn(count, 2)


@torch.no_grad()
def examine(flow: Flow, new: Float[Tensor, "point 2"]) -> Learnt:
    """What a flow makes of the plane and of points that it has not seen."""
    cell = 2 * REACH / CELLS
    middles = cell * (torch.arange(CELLS) + 0.5) - REACH
    grid = flow.log_density(torch.cartesian_prod(middles, middles)).exp().view(CELLS, CELLS)
    samples = flow.sample(4000)
    near = (torch.cdist(samples, draw_moons(2000, noise=0)).amin(dim=1) < 3 * NOISE).float().mean().item()
    return Learnt(grid, grid.sum().item() * cell**2, flow.log_density(new).mean().item(), samples, near)


def table(found: dict[str, Learnt]) -> str:
    """Each flow in numbers."""
    rows = [(name, f"{it.mass:.4f}", f"{it.likelihood:.3f}", f"{it.near:.1%}") for name, it in found.items()]
    return tabulate(("trained by", "density in all", "log density of new points (nats)", "samples near a moon"), rows)


def draw(found: dict[str, Learnt]) -> Figure:
    """The points, and the density that each flow has learnt, with points drawn from it."""
    figure, (data, *panes) = panels(1 + len(found), width=4.2, height=3.1)
    data.plot(*draw_moons(1000).T, ".", color="C1", markersize=2)
    for axes, it in zip(panes, found.values(), strict=True):
        span = (-REACH, REACH, -REACH, REACH)
        image = axes.imshow(it.grid.T.numpy(), origin="lower", extent=span, vmin=0, vmax=0.8, cmap="Blues")
        axes.plot(*it.samples[:300].T, ".", color="C1", markersize=1.5, label="points drawn from it")
        axes.legend(fontsize=8, loc="upper right")
    for axes, title in zip((data, *panes), ("the data", *(f"density, by the {name}" for name in found)), strict=True):
        axes.set(title=title, xlabel="x", ylabel="y", xlim=(-2.2, 2.2), ylim=(-1.6, 1.6), aspect="equal")
    figure.colorbar(image, ax=panes, label="density")
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "flow.png")


if __name__ == "__main__":
    main()
