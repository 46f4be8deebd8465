"""A damped pendulum, simulated, and what draws it back learnt from what was seen: `python -m examples.pendulum`.

    y'' + b y' + c sin y = 0        b = 0.25 /s, c = 5 /s^2, from y = pi - 0.1 at rest

The pendulum is that of the documentation of scipy's `odeint`. Its angle y and its velocity y' are seen for 10 s, with
noise. That y' is the slope of y and is damped in proportion is taken for known, the restoring acceleration c sin y is
not: a network of y stands for it, in the manner of Rackauckas et al., "Universal differential equations for scientific
machine learning" (2020). It is fitted first to all spans of 1 s, which do not depend on each other, then to the whole
swing, whose start near the top magnifies what is wrong. The learnt law is followed for a period longer, beside scipy's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from scipy.integrate import solve_ivp
from torch import Tensor, nn

from examples.fitting import minimize
from examples.layers import Perceptron
from examples.presentation import ask, panels, save, tabulate
from examples.spans import Observed, follow, misfit, observe

B, C = 0.25, 5.0
START = (math.pi - 0.1, 0.0)
SEEN, PERIOD = 10.0, 2 * math.pi / math.sqrt(C)
"""How long it is seen, and the period of small swings, in seconds."""
NOISE, SPAN = 0.01, 1.0
"""Standard deviation of an observation, in rad and rad/s; and the length of a span, in seconds."""


@dataclass(frozen=True)
class Size:
    """The most steps of the optimiser on spans, then on the whole swing."""

    on_spans: int = 100
    on_whole: int = 100


SMALLEST, DEFAULT, FULL = Size(60, 60), Size(), Size(500, 500)


def pendulum(t: Float[Tensor, "sample"], state: Float[Tensor, "sample 2"]) -> Float[Tensor, "sample 2"]:
    """The true slopes of angle (rad) and angular velocity (rad/s)."""
    angle, velocity = state.unbind(1)
    return torch.stack((velocity, -B * velocity - C * angle.sin()), 1)


class Learnt(nn.Module):
    """The same with a damping and a restoring acceleration that can be learnt."""

    def __init__(self) -> None:
        super().__init__()
        self.b = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
        self.network = Perceptron(1, 16, 16, 1).double()

    def restoring(self, angle: Float[Tensor, "sample"]) -> Float[Tensor, "sample"]:
        """The acceleration that stands for c sin y, in rad/s^2."""
        return torch.squeeze(self.network(angle[:, None]), 1)

    def forward(self, t: Float[Tensor, "sample"], state: Float[Tensor, "sample 2"]) -> Float[Tensor, "sample 2"]:
        """The slopes of angle and angular velocity."""
        angle, velocity = state.unbind(1)
        return torch.stack((velocity, -self.b * velocity - self.restoring(angle)), 1)


@dataclass(frozen=True)
class Found:
    """What was seen; and for a period longer the path by scipy, as simulated, and by the law that was learnt."""

    seen: Observed
    times: Float[Tensor, "time"]
    scipy: Float[Tensor, "time 2"]
    simulated: Float[Tensor, "time 2"]
    learnt: Float[Tensor, "time 2"]
    law: Learnt

    def off(self, path: Float[Tensor, "time 2"], *, beyond: bool) -> float:
        """How far a path's angle is from scipy's at most, in rad, within what was seen or beyond it."""
        which = (self.times > SEEN) == beyond
        return (path - self.scipy)[which, 0].abs().max().item()


def study(size: Size) -> Found:
    """Simulate the pendulum, look at it, learn its law and follow that for a period longer."""
    torch.manual_seed(0)
    start = torch.tensor(START, dtype=torch.float64)
    seen = observe(pendulum, start, SEEN, 201, NOISE)
    law, learnt_start = learn(seen, size)
    times = torch.linspace(0, SEEN + PERIOD, 257, dtype=torch.float64)
    with torch.no_grad():
        paths = follow(pendulum, start, times), follow(law, learnt_start, times)
    return Found(seen, times, by_scipy(times), *paths, law)


def learn(seen: Observed, size: Size) -> tuple[Learnt, Float[Tensor, "2"]]:
    """The law that fits best, and the state that the swing began with."""
    law, start = Learnt(), seen.seen[0].clone().requires_grad_()
    times, spans = seen.spans(SPAN)
    minimize(lambda: misfit(law, spans[0], times, spans), law.parameters(), size.on_spans)
    whole = seen.seen[:, None]
    minimize(lambda: misfit(law, start[None], seen.times, whole), [*law.parameters(), start], size.on_whole)
    return law, start.detach()


def by_scipy(times: Float[Tensor, "time"]) -> Float[Tensor, "time 2"]:
    """The true path, by another solver at a tolerance far below what is asked here."""
    solved = solve_ivp(
        lambda t, state: (state[1], -B * state[1] - C * np.sin(state[0])),
        (0, times[-1].item()), START, t_eval=times.numpy(), method="DOP853", rtol=1e-11, atol=1e-11,
    )  # fmt: skip
    return torch.from_numpy(solved.y.T)


def table(found: Found) -> str:
    """How far simulation and learnt law are from scipy's path."""
    b = found.law.b.item()
    rows = [
        (name, *(f"{found.off(path, beyond=beyond):.1e}" for beyond in (False, True)))
        for name, path in (("simulated", found.simulated), ("learnt", found.learnt))
    ]
    header = ("angle", f"off scipy's until {SEEN:.0f} s (rad)", f"and a period of {PERIOD:.1f} s longer (rad)")
    return f"{tabulate(header, rows)}\n\ndamping b: {b:.4f} /s learnt, {B} /s true"


def draw(found: Found) -> Figure:
    """The swing, and what draws it back."""
    figure, (swing, restoring) = panels(2, width=5.4)
    swing.plot(found.times, found.scipy[:, 0], color="black", linewidth=5, alpha=0.2, label="true, by scipy")
    swing.plot(found.times, found.learnt[:, 0], color="C0", label="learnt")
    swing.plot(found.seen.times[::5], found.seen.seen[::5, 0], ".", color="C1", label="seen (every fifth)")
    swing.axvline(SEEN, color="gray", linestyle=":", label="last observation")
    swing.set_xlabel("time (s)")
    swing.set_ylabel("angle y (rad)")
    angles = torch.linspace(-math.pi, math.pi, 200, dtype=torch.float64)
    least, most = found.seen.seen[:, 0].aminmax()
    restoring.axvspan(least.item(), most.item(), color="C1", alpha=0.1, label="angles seen")
    restoring.plot(angles, C * angles.sin(), color="black", linewidth=5, alpha=0.2, label="c sin y")
    restoring.plot(angles, found.law.restoring(angles).detach(), color="C0", label="learnt")
    restoring.set_xlabel("angle y (rad)")
    restoring.set_ylabel("restoring acceleration (rad/s²)")
    for axes in (swing, restoring):
        axes.legend(fontsize=8)
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "pendulum.png")


if __name__ == "__main__":
    main()
