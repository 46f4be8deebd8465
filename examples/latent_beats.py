"""Heartbeats inferred from some of their samples, drawn anew, and walked between: `python -m examples.latent_beats`.

    z(0) ~ N(m, s) by an encoder of what was seen,   dz/dt = A z + f(z),   x(t) = g(z(t)) + usual(t) + noise

The latent ODE of Chen et al., "Neural ordinary differential equations" (2018), section 5, equations 11 to 13, on beats
of an electrocardiogram. What is left of a beat when the usual one is taken away is read by a network g from a path of
the equation, which begins as oscillators, of which the faster fade sooner, and learns the rest. The encoder is given
all 187 places, with zeros where nothing was seen, and a mask of those: an RNN's memory of so many samples is slow to
learn. Beside it learns, by as many steps and with the same encoder, a model that has an RNN with more parameters in
the place of the equation and of g.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.figure import Figure
from torch import Tensor

from ecg import LABELS, Label
from examples.filling import LATENT, BeatAutoencoder, Oscillators
from examples.fitting import descend
from examples.heartbeats import TIMES, Beat, Heartbeats, choose, interpolated, read_or_make
from examples.latent import Recurrence
from examples.presentation import ask, panels, save, tabulate

SHARES = (0.3, 0.6, 1.0)
"""Of the samples that are seen, at random places."""
BATCH, RATE, LONGEST = 64, 8e-3, 200.0
READER, NEW = 56, 600
"""Width of the RNN, and how many beats the models are tried on."""


@dataclass(frozen=True)
class Size:
    """Steps of training, and the seconds that are read of each recording."""

    steps: int = 1600
    seconds: float = 1800.0


SMALLEST, DEFAULT, FULL = Size(150, 300.0), Size(), Size(10_000)


@dataclass(frozen=True)
class Found:
    """Errors by share seen and model; and of the equation, with what was seen: fillings, drawn beats, and a walk."""

    source: str
    errors: dict[tuple[float, str], float]
    shown: Beat
    seen: dict[float, Beat]
    filled: dict[float, Beat]
    drawn: dict[Label, Float[Tensor, "2 187"]]
    walk: Float[Tensor, "5 187"]


def study(size: Size, seed: int = 0) -> Found:
    """Train both models on the same beats, try them on later ones, and see what the equation has learnt."""
    torch.manual_seed(seed)
    known, new, source = read_or_make(size.seconds)
    new = new.pick(torch.randperm(len(new.classes))[:NEW])
    usual = known.values.mean(dim=0)
    ode, rnn = BeatAutoencoder(Oscillators(), usual), BeatAutoencoder(Recurrence(LATENT, READER, 1), usual)
    models = {"ODE": ode, "RNN": rnn}
    for model in models.values():
        train(model, known, size.steps)
    return examine(models, known, new, source)


def train(model: BeatAutoencoder, known: Heartbeats, steps: int) -> None:
    """Let it fill beats of which any share of SHARES is seen, drawn anew at each step."""

    def loss() -> Tensor:
        some = known.pick(torch.randint(len(known.classes), (BATCH,)))
        seen = [choose(len(part), share) for part, share in zip(some.values.chunk(3), SHARES, strict=True)]
        return model.loss(some, torch.cat(seen) * some.within)

    descend(loss, model.parameters(), steps, RATE, longest=LONGEST)


@torch.no_grad()
def examine(models: dict[str, BeatAutoencoder], known: Heartbeats, new: Heartbeats, source: str) -> Found:
    """Errors on new beats; what the equation fills in, draws and walks through."""
    errors, seen, filled = {}, {}, {}
    for share in SHARES:
        seen[share] = choose(len(new.values), share) * new.within
        guesses = {name: model.decode(model.encode(new.values, seen[share])[0]) for name, model in models.items()}
        filled[share] = new.inside(guesses["ODE"])
        guesses |= {
            "linear": interpolated(new.values, seen[share]),
            "usual beat": models["ODE"].usual.expand_as(new.values),
        }
        asked = new.within * (1 - seen[share] if share < 1 else 1)
        for name, beats in guesses.items():
            errors[share, name] = ((beats - new.values).square() * asked).sum().div(asked.sum()).sqrt().item()
    states, _ = models["ODE"].encode(known.values, known.within)
    of_class = {label: states[known.classes == place] for place, label in enumerate(LABELS)}
    drawn = {label: models["ODE"].decode(like(some, 2)) for label, some in of_class.items() if len(some) > 1}
    walk = torch.lerp(of_class["N"].mean(dim=0), of_class["V"].mean(dim=0), torch.linspace(0, 1, 5)[:, None])
    return Found(source, errors, new.inside(new.values), seen, filled, drawn, models["ODE"].decode(walk))


def like(states: Float[Tensor, "beat latent"], count: int) -> Float[Tensor, "count latent"]:
    """New latent states of a normal distribution with the mean and the standard deviations of these."""
    return states.mean(dim=0) + states.std(dim=0) * torch.randn(count, LATENT)


def table(found: Found) -> str:
    """Root mean squares of how far samples that were not seen are off, or where all were seen, all."""
    names = list(dict.fromkeys(name for _, name in found.errors))
    rows = [(f"{share:.0%}", *(f"{found.errors[share, name]:.3f}" for name in names)) for share in SHARES]
    return f"{found.source}\n\n{tabulate(('samples seen', *names), rows)}"


def draw(found: Found) -> Figure:
    """A beat filled in from three shares, beats drawn for each class, and the walk."""
    figure, (filling, drawing, walking) = panels(3, width=3.7)
    seconds = torch.arange(TIMES) / 125
    for row, share in enumerate(SHARES):
        own = found.seen[share][row] > 0
        filling.plot(
            seconds, found.shown[row] + row, color="black", linewidth=4, alpha=0.15, label=None if row else "beat"
        )
        filling.plot(seconds, found.filled[share][row] + row, color="C0", label=None if row else "filled in")
        filling.plot(seconds[own], found.shown[row][own] + row, "k.", markersize=3, label=None if row else "seen")
    filling.set_yticks([0.5, 1.5, 2.5], [f"{share:.0%}" for share in SHARES])
    for row, beats in enumerate(found.drawn.values()):
        drawing.plot(seconds, beats.T + 1.2 * row, color=f"C{row}", linewidth=1)
    drawing.set_yticks([1.2 * row + 0.5 for row in range(len(found.drawn))], list(found.drawn))
    for row, beat in enumerate(found.walk):
        walking.plot(seconds, beat, color=colormaps["viridis"](row / 4.5), label=f"{row / 4:.0%} of the way")
    for axes, title in (
        (filling, f"three new beats of {found.source}"),
        (drawing, "drawn beats of each class"),
        (walking, "from N to V"),
    ):
        axes.set(title=title, xlabel="seconds from the R peak on")
    filling.set(ylabel="samples seen (rows in 0..1)", ylim=(-0.1, 3.8))  # the legend has room above the beats
    drawing.set_ylabel("class")
    walking.set_ylabel("signal, scaled to 0..1")
    for axes in (drawing, walking):
        axes.set_xlim(0, 1)  # few beats are longer
    for axes in (filling, walking):
        axes.legend(fontsize=8)
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "latent_beats.png")


if __name__ == "__main__":
    main()
