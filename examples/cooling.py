"""Newton's law of cooling, learnt from noisy readings of a thermometer: `python -m examples.cooling`.

    dT/dt = -k (T - T_room)

Newton, "Scala graduum caloris", Philosophical Transactions 22 (1701): a body loses heat in proportion to how much
warmer it is than what surrounds it. Several cups cool down (one warms up) in a room whose temperature nobody has
measured. The rate k, the room's temperature and what each cup began with are moved along their gradients through the
solve until the curves pass through the readings. They then predict the temperatures after the last reading too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from examples.fitting import minimize
from examples.presentation import ask, panels, save, tabulate
from ode import integrate

RATE = 0.05
"""A minute."""
ROOM = 21.0
NOISE = 0.5
"""Standard deviation of a reading, in degrees Celsius like all temperatures here."""
STARTS = (92.0, 65.0, 3.0)
MINUTES = 40.0
"""When the last reading is; the curves are followed as long again."""


@dataclass(frozen=True)
class Size:
    """How many readings there are of each cup, and the most steps of the optimiser."""

    readings: int = 21
    iterations: int = 100


SMALLEST, DEFAULT, FULL = Size(readings=11, iterations=40), Size(), Size(readings=201)


class Cooling(nn.Module):
    """The law, with a rate (a minute) and a temperature of the room that can be learnt."""

    def __init__(self, rate: float, room: float) -> None:
        super().__init__()
        self.log_rate = nn.Parameter(torch.tensor(math.log(rate), dtype=torch.float64))  # a rate is above 0
        self.room = nn.Parameter(torch.tensor(room, dtype=torch.float64))

    def forward(self, t: Float[Tensor, "cup"], temperature: Float[Tensor, "cup"]) -> Float[Tensor, "cup"]:
        """The slope, in degrees a minute."""
        return -self.log_rate.exp() * (temperature - self.room)


@dataclass(frozen=True)
class Found:
    """What was read, the law that was learnt from it, and the curves by both laws for as long again."""

    times: Float[Tensor, "reading"]
    readings: Float[Tensor, "reading cup"]
    law: Cooling
    later: Float[Tensor, "time"]
    true: Float[Tensor, "time cup"]
    learnt: Float[Tensor, "time cup"]

    @property
    def rate_error(self) -> float:
        """How far the rate is off, as a share of the true one."""
        return abs(self.law.log_rate.exp().item() / RATE - 1)


def study(size: Size) -> Found:
    """Read the thermometers, learn the law, follow the cups for as long again."""
    torch.manual_seed(0)
    law, starts = Cooling(RATE, ROOM), torch.tensor(STARTS, dtype=torch.float64)
    times = torch.linspace(0, MINUTES, size.readings, dtype=torch.float64)
    later = torch.linspace(0, 2 * MINUTES, 81, dtype=torch.float64)
    with torch.no_grad():
        true = temperatures(law, starts, times)
        readings = true + NOISE * torch.randn_like(true)
    learnt, learnt_starts = learn(times, readings, size.iterations)
    with torch.no_grad():
        curves = temperatures(law, starts, later), temperatures(learnt, learnt_starts, later)
    return Found(times, readings, learnt, later, *curves)


def temperatures(law: Cooling, starts: Float[Tensor, "cup"], times: Float[Tensor, "time"]) -> Float[Tensor, "time cup"]:
    """Of each cup at each time."""
    return integrate(law, starts, times, rtol=1e-6, atol=1e-6, gradient="direct").path


def learn(
    times: Float[Tensor, "reading"], readings: Float[Tensor, "reading cup"], iterations: int
) -> tuple[Cooling, Float[Tensor, "cup"]]:
    """The law that fits the readings best, and the temperatures that the cups began with."""
    law, starts = Cooling(rate=0.01, room=readings.mean().item()), readings[0].clone().requires_grad_()

    def misfit() -> Tensor:
        return (temperatures(law, starts, times) - readings).square().mean()

    minimize(misfit, [*law.parameters(), starts], iterations)
    return law, starts


def table(found: Found) -> str:
    """What was learnt beside what is true."""
    rate, room = found.law.log_rate.exp().item(), found.law.room.item()
    last = (found.learnt[-1] - found.true[-1]).abs().max().item()
    return tabulate(
        ("", "true", "learnt", "off by"),
        [
            ("rate k (1/min)", f"{RATE:.4f}", f"{rate:.4f}", f"{found.rate_error:.1%}"),
            ("room (°C)", f"{ROOM:.2f}", f"{room:.2f}", f"{abs(room - ROOM):.2f}"),
            (f"cups after {2 * MINUTES:.0f} min (°C)", "", "", f"{last:.2f} at most"),
        ],
    )


def draw(found: Found) -> Figure:
    """Readings and curves of each cup, beyond the last reading too."""
    figure, (axes,) = panels(1, width=6.4)
    true, *_ = axes.plot(found.later, found.true, color="black", linewidth=4, alpha=0.2)
    true.set_label("true")
    for cup, start in enumerate(STARTS):
        axes.plot(found.later, found.learnt[:, cup], color=f"C{cup}", label=f"cup of {start:.0f} °C, learnt")
        axes.plot(found.times, found.readings[:, cup], ".", color=f"C{cup}", label=f"cup of {start:.0f} °C, readings")
    axes.axvline(MINUTES, color="gray", linestyle=":", label="last reading")
    axes.axhline(found.law.room.item(), color="gray", linestyle="--", linewidth=1, label="room, learnt")
    axes.set_xlabel("minutes")
    axes.set_ylabel("temperature (°C)")
    axes.legend(fontsize=8)
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "cooling.png")


if __name__ == "__main__":
    main()
