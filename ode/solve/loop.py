"""The one integration loop. Each sample has its own step size, so its answer depends on that sample alone."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from ode.dynamics import Dynamics, flat, per_sample
from ode.methods.implicit import Equation
from ode.methods.method import Method
from ode.methods.runge_kutta import stages, weigh
from ode.methods.step_size import MIN_STEP_EPSILONS, first_step, next_step, root_mean_square
from ode.solve.cost import UNDER_WAY, Cost, Status
from ode.solve.dense import Passed, interpolate, points_within
from ode.solve.running import Ended, Running, gather
from ode.solve.solution import Solution
from ode.solve.step import Step

Deadline = float | Callable[[], float]
"""A moment on the clock of `time.monotonic()`, or what gives it before each step, where it may change meanwhile."""

CRUMB = 1e-4
"""A last step may be longer by this share, lest rounding leave a crumb of the interval for a step of its own."""


@dataclass(frozen=True)
class Loop:
    """One solve: what does not change from step to step.

    `times` are its start, its end, and those between where the state is asked for. `first_step` is the length of the
    steps that a method leaves to the caller, or of the first that an adaptive one tries; None lets it choose.
    `observe` is shown every step that is accepted.
    """

    f: Dynamics
    method: Method
    times: tuple[float, ...]
    rtol: float
    atol: float
    max_evaluations: int
    first_step: float | None = None
    deadline: Deadline | None = None
    observe: Callable[[Step], None] | None = None

    def run(self, y0: Float[Tensor, "sample ..."], step: Float[Tensor, "sample"] | None = None) -> Solution:
        """Solve from `y0`; `step` gives an adaptive method the signed first step of each sample."""
        running = self._start(y0, step)
        ended: list[Ended] = []
        passed: list[Passed] = []
        while True:
            status = self._status(running)
            over = status != UNDER_WAY
            if over.all():
                ended.append(Ended.of(running, status))
                break
            if over.any():
                ended.append(Ended.of(running.select(over), status[over]))
                running = running.select(~over)
            running, taken, good = self._step(running)
            if self.observe is not None or len(self.times) > 2:
                self._show(taken.select(good), passed)
        return gather(y0, ended, passed, len(self.times) - 2)

    def _show(self, step: Step, passed: list[Passed]) -> None:
        if self.observe is not None:
            self.observe(step)
        points = points_within(step.t, step.t_end, step.length, self.times)
        if len(points.place):
            states = interpolate(self.method, step, points)
            passed.append(Passed(step.index[points.place], points.time, states))

    def _start(self, y0: Float[Tensor, "sample ..."], step: Float[Tensor, "sample"] | None) -> Running:
        samples = y0.shape[0]
        t = y0.new_full((samples,), self.times[0])
        span = y0.new_full((samples,), self.times[-1] - self.times[0])
        if self.max_evaluations < 2:  # not enough to choose a first step: nothing is begun
            spent, slope, step = 0, torch.zeros_like(y0), span
        elif step is not None and self.method.kind == "adaptive":
            spent, slope = 1, self.f(t, y0)
        elif self.first_step is not None:
            spent, slope, step = 1, self.f(t, y0), self._given_step() * span.sign()
        else:
            slope = self.f(t, y0)
            with torch.no_grad():  # how long a step is chosen to be is no part of the solution
                step = first_step(self.f, t, y0, slope, span, self.method, self.rtol, self.atol)
            # A slope that is not finite gives a step that is not: the first step then fails as non_finite.
            spent, step = 2, torch.where(step.isfinite(), step, span)
        zeros = torch.zeros(samples, dtype=torch.int64, device=y0.device)
        index = torch.arange(samples, device=y0.device)
        past = y0.new_zeros(samples, 0, 2, *y0.shape[1:])
        cost = Cost(zeros + spent, zeros, zeros, torch.zeros_like(t), zeros + UNDER_WAY)
        return Running(index, t, y0, slope, past, step, cost)

    def _given_step(self) -> float:
        """The step that was given; a multistep method shortens it until the interval is a whole number of them."""
        given = self.first_step or 0.0
        if self.method.kind != "multistep":
            return given
        span = abs(self.times[-1] - self.times[0])
        return span / math.ceil((1 - CRUMB) * span / given)

    def _status(self, running: Running) -> Int64[Tensor, "sample"]:
        """The status of each sample that has ended, UNDER_WAY for one that goes on."""
        start, end = self.times[0], self.times[-1]
        arrived = running.t == end
        broken = ~_all_finite(running.slope)
        step = running.step.abs()
        underflow = step < MIN_STEP_EPSILONS * torch.finfo(running.t.dtype).eps * abs(end - start)
        underflow &= (end - running.t).abs() > step
        exhausted = running.cost.evaluations > self.max_evaluations - self._calls(running)
        late = time.monotonic() >= self._last_moment()
        status = torch.full_like(running.index, Status.DEADLINE if late else UNDER_WAY)
        for flag, value in (
            (underflow, Status.STEP_UNDERFLOW),
            (exhausted, Status.EVALUATIONS_EXHAUSTED),
            (broken, Status.NON_FINITE),
            (arrived, Status.OK),
        ):
            status.masked_fill_(flag, value)
        return status

    def _last_moment(self) -> float:
        """The moment from which on no step is begun, as it is now."""
        if self.deadline is None:
            return math.inf
        return self.deadline() if callable(self.deadline) else self.deadline

    def _calls(self, running: Running) -> int:
        """Evaluations that the next step costs at least."""
        return 1 if self._has_past(running) else self.method.stages

    def _has_past(self, running: Running) -> bool:
        return running.past.shape[1] == len(self.method.past) - 1

    def _step(self, at: Running) -> tuple[Running, Step, Bool[Tensor, "sample"]]:
        """Try one step of each sample: where they are then, the step, and which of them it was accepted of.

        A sample whose step was not stays where it was and is given a shorter one; a step that the caller fixed cannot
        be shortened, so there the sample has failed, and is left without a slope to go on with.
        """
        stop = self._stop(at.t)
        left = stop - at.t
        last = at.step.abs() >= (1 - CRUMB) * left.abs()
        length = torch.where(last, left, at.step)
        taken, evaluations, solved = self._take(at, length, torch.where(last, stop, at.t + length))
        error, ratio = self._judge(taken, solved)
        good = ratio <= 1
        fixed = self.method.kind in ("fixed", "multistep")
        running = Running(
            index=at.index,
            t=torch.where(good, taken.t_end, at.t),
            y=_chosen(good, taken.end, at.y),
            slope=_chosen(good, taken.slopes[-1], torch.full_like(at.slope, torch.nan) if fixed else at.slope),
            past=self._remember(at),
            step=at.step if fixed else self._next_step(at, length, ratio),
            cost=_with_step(at.cost, evaluations, good, error),
        )
        return running, taken, good

    def _stop(self, t: Float[Tensor, "sample"]) -> Float[Tensor, "sample"]:
        """How far a step may go: to the end, or without dense output to the next time that is asked for."""
        if self.method.dense or len(self.times) == 2:
            return torch.full_like(t, self.times[-1])
        forward = self.times[0] < self.times[-1]
        times = t.new_tensor(self.times if forward else self.times[::-1])
        return times[torch.searchsorted(times, t, right=forward) - (0 if forward else 1)]

    def _take(
        self, at: Running, length: Float[Tensor, "sample"], t_end: Float[Tensor, "sample"]
    ) -> tuple[Step, Int64[Tensor, "sample"] | int, Bool[Tensor, "sample"] | None]:
        """A step of that length, what it cost, and of which samples its implicit stages were solved."""
        if self._has_past(at):
            earlier = list(at.past.unbind(1))
            slope = weigh(self.method.past, [at.slope, *(pair[:, 1] for pair in earlier)])
            end = torch.addcmul(at.y, per_sample(length, at.y), slope)
            nodes, slopes = [at.y, *(pair[:, 0] for pair in earlier)], [at.slope]
            weights, shares = self.method.past, tuple(-float(place) for place in range(len(nodes)))
            evaluations: Tensor | int = 0
            solved = None
        else:
            done = stages(self.f, self.method, at.t, at.y, at.slope, length, self.equation(at.cost.evaluations))
            nodes, end, slopes = done.states, done.states[-1], done.slopes
            weights, shares = self.method.a[-1], (0.0, *self.method.c)
            evaluations, solved = done.evaluations, done.solved
        slope, cost = self._end_slope(t_end, end)
        step = Step(at.index, at.t, length, t_end, nodes, weights, shares, [*slopes, slope], end)
        return step, evaluations + cost, solved

    def _end_slope(
        self, t: Float[Tensor, "sample"], y: Float[Tensor, "sample ..."]
    ) -> tuple[Float[Tensor, "sample ..."], Int64[Tensor, "sample"] | int]:
        """The slope at a step's end and its cost; 0 at the interval's end where neither step nor dense output asks."""
        if self.method.first_same_as_last or len(self.times) > 2:
            return self.f(t, y), 1
        going = t != self.times[-1]
        if going.all():
            return self.f(t, y), 1
        slope = torch.zeros_like(y)
        if going.any():
            slope[going] = self.f(t[going], y[going])
        return slope, going.long()

    def equation(self, spent: Int64[Tensor, "sample"]) -> Equation:
        """How an implicit stage is solved by samples that have spent so many evaluations."""
        return Equation(self.rtol, self.atol, self.max_evaluations - spent - self.method.stages)

    def _remember(self, at: Running) -> Float[Tensor, "sample past 2 ..."]:
        if self.method.kind != "multistep":
            return at.past
        latest = torch.stack((at.y, at.slope), 1)[:, None]
        return torch.cat((latest, at.past), 1)[:, : len(self.method.past) - 1]

    def _next_step(
        self, at: Running, length: Float[Tensor, "sample"], ratio: Float[Tensor, "sample"]
    ) -> Float[Tensor, "sample"]:
        """The step to try next; one cut short to end at a time that was asked for does not shorten those after it."""
        step = next_step(length, ratio, self.method, self.rtol)
        step = torch.where((ratio <= 1) & (step.abs() < at.step.abs()), at.step, step)
        if self.method.kind == "implicit" and self.first_step is not None:
            step = step.clamp(-self.first_step, self.first_step)
        return step

    def _judge(
        self, step: Step, solved: Bool[Tensor, "sample"] | None
    ) -> tuple[Float[Tensor, "sample"], Float[Tensor, "sample"]]:
        """The error of a step, and that error as a share of the tolerance.

        A step to an infinite state has an infinite share: such a state would make its own tolerance infinite. So has
        one whose implicit stages were not solved. A method without an estimate has an error of NaN and a share of 0.
        """
        with torch.no_grad():  # which steps are accepted is no part of the solution
            size = torch.maximum(step.nodes[0].abs(), step.end.abs())
            sound = flat(size).amax(1).isfinite()
            if solved is not None:
                sound &= solved
        if self.method.error is None:
            error, ratio = torch.full_like(step.length, torch.nan), torch.zeros_like(step.length)
        else:
            length = step.length.abs()
            difference = weigh(self.method.error, step.slopes)
            error = length * root_mean_square(difference)
            with torch.no_grad():
                ratio = length * root_mean_square(difference / size.mul_(self.rtol).add_(self.atol))
        return error, torch.where(sound, ratio, torch.full_like(ratio, torch.inf))


def _with_step(
    cost: Cost[Tensor],
    evaluations: Int64[Tensor, "sample"] | int,
    good: Bool[Tensor, "sample"],
    error: Float[Tensor, "sample"],
) -> Cost[Tensor]:
    """The cost with a step more, whose error counts where it is accepted."""
    return Cost(
        cost.evaluations + evaluations,
        cost.accepted + good,
        cost.rejected + ~good,
        torch.where(good, cost.error + error, cost.error),
        cost.status,
    )


def _chosen(
    which: Bool[Tensor, "sample"], new: Float[Tensor, "sample ..."], old: Float[Tensor, "sample ..."]
) -> Float[Tensor, "sample ..."]:
    """The new states of those samples, the old of the others; nothing is copied where all are new.

    On a GPU to ask whether all are would be a synchronisation, dearer than the copy.
    """
    if which.device.type == "cpu" and which.all():
        return new
    return torch.where(per_sample(which, new), new, old)


def _all_finite(x: Float[Tensor, "sample ..."]) -> Bool[Tensor, "sample"]:
    """Whether all numbers of a sample are; the largest and the least show it, in a tenth of the time."""
    numbers = flat(x.detach())
    return numbers.amax(1).isfinite() & numbers.amin(1).isfinite()
