"""Dense output: the states at times within a step.

A cubic through both ends of the step, with the slopes that it has there (Hermite), is of order 4 at most; a method of
order 5 adds a quartic that vanishes at the ends (Hairer, Norsett, Wanner, "Solving ordinary differential equations I",
1993, section II.6).
"""

from dataclasses import dataclass

from jaxtyping import Float, Int64
from torch import Tensor

from ode.dynamics import per_sample
from ode.methods.method import Method
from ode.methods.runge_kutta import weigh
from ode.solve.step import Step


@dataclass(frozen=True)
class Points:
    """Times that a step passed: of which of its samples, which of the solve's times, and how far into the step."""

    place: Int64[Tensor, "point"]
    time: Int64[Tensor, "point"]
    share: Float[Tensor, "point"]


@dataclass(frozen=True)
class Passed:
    """The states at the times that a step passed, by sample and time of the whole solve."""

    index: Int64[Tensor, "point"]
    time: Int64[Tensor, "point"]
    states: Float[Tensor, "point ..."]


def points_within(
    t: Float[Tensor, "sample"],
    t_end: Float[Tensor, "sample"],
    length: Float[Tensor, "sample"],
    times: tuple[float, ...],
) -> Points:
    """The times between the first and the last that a step passed, its end included and its start not."""
    between = t.new_tensor(times[1:-1])
    sense = 1 if times[0] < times[-1] else -1
    moments, low, high = sense * between, sense * t[:, None], sense * t_end[:, None]
    place, time = ((low < moments) & (moments <= high)).nonzero(as_tuple=True)
    return Points(place, time + 1, (between[time] - t[place]) / length[place])


def interpolate(method: Method, step: Step, points: Points) -> Float[Tensor, "point ..."]:
    """The states at those points."""
    start, end = step.nodes[0][points.place], step.end[points.place]
    slopes = [slope[points.place] for slope in step.slopes]
    share, length = per_sample(points.share, start), per_sample(step.length[points.place], start)
    bend = (1 - 2 * share) * (end - start) + length * ((share - 1) * slopes[0] + share * slopes[-1])
    states = (1 - share) * start + share * end + share * (share - 1) * bend
    if method.quartic:
        states = states + (share * (1 - share)) ** 2 * length * weigh(method.quartic, slopes)
    return states
