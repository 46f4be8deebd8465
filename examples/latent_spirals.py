"""Spirals inferred from a few noisy points, and followed beyond them: `python -m examples.latent_spirals`.

    z(0) ~ N(m, s) by an encoder of the points,   dz/dt = f(z),   x(t) = decoder(z(t)) + noise

The latent ODE of Chen et al., "Neural ordinary differential equations" (2018), section 5, equations 11 to 13: an RNN
reads the points from the last to the first and says which latent state they began with; an equation leads from there to
any time. It learns by the evidence lower bound, from spirals half of which turn the other way round. Beside it learns,
by as many steps, a model that has an RNN with more parameters in the equation's place (the paper's baseline foretells
the next point instead). Points are half as dense as the paper's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from examples.fitting import descend
from examples.latent import Autoencoder, Equation, Recurrence, choose, pick
from examples.presentation import ask, panels, save, tabulate

SPIRALS, NEW, TIMES, GAP = 1000, 500, 50, 0.08
"""How many are learnt from, and tried; each is seen at some of 50 times, and followed for as long again."""
GROWTH, NOISE = 0.15, 0.15
"""How much farther from the centre a spiral is a radian on; standard deviation of each coordinate that is seen."""
SEEN = (15, 25, 50)
LATENT, WIDTH, READER = 4, 20, 25
"""As in the paper."""
BATCH, RATE, LONGEST = 100, 1e-2, 20.0
"""Gradients are cut for the RNN's sake. At a rate of 3e-3 it is off by 0.19 to 0.25 within and by 1.2 beyond."""


@dataclass(frozen=True)
class Size:
    """How many steps each of the two is trained for."""

    steps: int = 3000


SMALLEST, DEFAULT, FULL = Size(steps=400), Size(), Size(steps=10000)


@dataclass(frozen=True)
class Errors:
    """Root mean squares of how far a coordinate is off: where points were seen, and for as long again."""

    within: float
    beyond: float


@dataclass(frozen=True)
class Found:
    """Errors by model and number of points seen. Of the fewest: spirals, points, what each model makes of them.

    `between` are spirals from latent states on the line from that of the first new spiral to that of the last.
    """

    errors: dict[tuple[str, int], Errors]
    spirals: Float[Tensor, "spiral time 2"]
    seen: Float[Tensor, "spiral seen 2"]
    decoded: dict[str, Float[Tensor, "spiral time 2"]]
    between: Float[Tensor, "share half 2"]


def study(size: Size, seed: int = 0) -> Found:
    """Train both on the same points, and try them on new spirals."""
    torch.manual_seed(seed)
    spirals, new = draw_spirals(SPIRALS), draw_spirals(NEW)
    noisy = spirals[:, :TIMES] + NOISE * torch.randn(SPIRALS, TIMES, 2)
    equation, recurrence = Equation(LATENT, WIDTH, 2, gap=GAP, step=10 * GAP), Recurrence(LATENT, READER, 2)
    models = {"ODE": train(equation, noisy, size.steps), "RNN": train(recurrence, noisy, size.steps)}
    return examine(models, new, spirals.mean(dim=0))


@torch.no_grad()
def examine(
    models: dict[str, Autoencoder], new: Float[Tensor, "spiral time 2"], mean: Float[Tensor, "time 2"]
) -> Found:
    """What the models make of new spirals, beside the mean of those that they learnt from."""
    decoded, errors = {"mean": mean.expand_as(new)}, {}
    for count in reversed(SEEN):
        places = choose(NEW, TIMES, count)
        seen = pick(new, places) + NOISE * torch.randn(NEW, count, 2)
        for name, model in models.items():
            decoded[name] = model.decoder(model.encode(seen, places)[0], 2 * TIMES)
        for name, path in decoded.items():
            square = (path - new).square()
            errors[name, count] = Errors(square[:, :TIMES].mean().sqrt().item(), square[:, TIMES:].mean().sqrt().item())
    ends, _ = models["ODE"].encode(seen[[0, -1]], places[[0, -1]])
    between = models["ODE"].decoder(torch.lerp(ends[0], ends[1], torch.linspace(0, 1, 5)[:, None]), TIMES)
    return Found(errors, new, seen, decoded, between)


def draw_spirals(count: int) -> Float[Tensor, "spiral time 2"]:
    """Spirals from anywhere in a turn and a quarter on, the first half one way round, the others the other."""
    angle = torch.pi / 2 + 2.5 * torch.pi * torch.rand(count, 1) + GAP * torch.arange(2 * TIMES)
    way = torch.where(torch.arange(count) < count / 2, 1.0, -1.0)[:, None]
    return GROWTH * torch.stack((angle * angle.cos(), way * angle * angle.sin()), dim=2)


def train(decoder: Equation | Recurrence, noisy: Float[Tensor, "spiral time 2"], steps: int) -> Autoencoder:
    """A model that has learnt from some of these points of each spiral, drawn anew at each step."""
    model = Autoencoder(decoder, 2, LATENT, READER, NOISE)

    def loss() -> Tensor:
        drawn, places = torch.randint(SPIRALS, (BATCH,)), choose(BATCH, TIMES, SEEN[int(torch.randint(len(SEEN), ()))])
        return model.loss(pick(noisy[drawn], places), places, TIMES)

    descend(loss, model.parameters(), steps, RATE, longest=LONGEST)
    return model


def table(found: Found) -> str:
    """Errors of each model, in the units of the spirals."""
    rows = [
        (f"{count} of {TIMES}", name, f"{it.within:.3f}", f"{it.beyond:.3f}")
        for (name, count), it in found.errors.items()
    ]
    return tabulate(("points seen", "model", "error within", "error beyond"), rows)


def draw(found: Found) -> Figure:
    """Two new spirals, one of either way round, by both models; and the spirals between them."""
    figure, (*each, between) = panels(3, width=4.2, height=4.7)
    for axes, place in zip(each, (0, -1), strict=True):
        draw_spiral(axes, found, place)
    for share, path in enumerate(found.between):
        between.plot(*path.T, color=colormaps["viridis"](share / 4.5), label=f"{share / 4:.0%} of the way")
    between.set_title("between their latent states")
    for axes in (*each, between):
        axes.set(xlabel="x", ylabel="y", aspect="equal", xlim=(-3, 3), ylim=(-2.5, 2.5))
        axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2)
    return figure


def draw_spiral(axes: Axes, found: Found, place: int) -> None:
    """One spiral, the points seen of it, and what each model makes of those; dotted beyond them."""
    axes.plot(*found.spirals[place].T, color="black", linewidth=5, alpha=0.15, label="truth")
    for color, name in enumerate(("ODE", "RNN")):
        path = found.decoded[name][place]
        axes.plot(*path[:TIMES].T, color=f"C{color}", label=f"{name}, reconstructed")
        axes.plot(*path[TIMES - 1 :].T, ":", color=f"C{color}", label=f"{name}, extrapolated")
    axes.plot(*found.seen[place].T, "k.", markersize=5, label="points seen")
    axes.set_title(f"{found.seen.shape[1]} noisy points of a new spiral")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "latent_spirals.png")


if __name__ == "__main__":
    main()
