"""The one integration loop. Each sample has its own step size, so its answer depends on that sample alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from ode.dynamics import Dynamics, per_sample
from ode.method import Method
from ode.runge_kutta import stages, weigh
from ode.solution import Solution, Status
from ode.step_size import MIN_STEP_SHARE, first_step, next_step, root_mean_square

CRUMB = 1e-4
"""A last step may be longer by this share, lest rounding leave a crumb of the interval for a step of its own."""


@dataclass(frozen=True)
class Running:
    """The samples still under way: where they are, and what they have cost."""

    index: Int64[Tensor, "sample"]
    t: Float[Tensor, "sample"]
    y: Float[Tensor, "sample ..."]
    slope: Float[Tensor, "sample ..."]
    step: Float[Tensor, "sample"]
    evaluations: Int64[Tensor, "sample"]
    accepted: Int64[Tensor, "sample"]
    rejected: Int64[Tensor, "sample"]
    error: Float[Tensor, "sample"]

    def select(self, which: Bool[Tensor, "sample"]) -> "Running":
        """Those samples alone."""
        return Running(**{name: value[which] for name, value in vars(self).items()})


@dataclass(frozen=True)
class Step:
    """A step that was accepted, of some of the samples: which, from when, how far, and the states of its stages.

    The first stage is the state before the step, the last is the state after it.
    """

    index: Int64[Tensor, "sample"]
    t: Float[Tensor, "sample"]
    length: Float[Tensor, "sample"]
    stages: list[Tensor]


@dataclass(frozen=True)
class Loop:
    """One solve: what does not change from step to step.

    `first_step` is the length of a method's fixed steps, or of the first that an adaptive one tries; None lets it
    choose. `observe` is shown every step that is accepted.
    """

    f: Dynamics
    method: Method
    times: tuple[float, float]
    rtol: float
    atol: float
    max_evaluations: int
    first_step: float | None = None
    deadline: float | None = None
    observe: Callable[[Step], None] | None = None

    def run(self, y0: Float[Tensor, "sample ..."], step: Float[Tensor, "sample"] | None = None) -> Solution:
        """Solve from `y0`; `step` gives an adaptive method the signed first step of each sample."""
        running = self._start(y0, step)
        ended: list[tuple[Running, Int64[Tensor, "_"]]] = []
        while len(running.index):
            status = self._status(running)
            over = status >= 0
            if over.any():
                ended.append((running.select(over), status[over]))
                running = running.select(~over)
            if len(running.index):
                running = self._step(running)
        return _gather(ended) if ended else _empty(y0)

    def _start(self, y0: Float[Tensor, "sample ..."], step: Float[Tensor, "sample"] | None) -> Running:
        samples = y0.shape[0]
        t = y0.new_full((samples,), self.times[0])
        span = y0.new_full((samples,), self.times[1] - self.times[0])
        if self.max_evaluations < 2:  # not enough to choose a first step: nothing is begun
            cost, slope, step = 0, torch.zeros_like(y0), span
        elif step is not None and self.method.kind == "adaptive":
            cost, slope = 1, self.f(t, y0)
        elif self.first_step is not None:
            cost, slope, step = 1, self.f(t, y0), self.first_step * span.sign()
        else:
            slope = self.f(t, y0)
            with torch.no_grad():  # how long a step is chosen to be is no part of the solution
                step = first_step(self.f, t, y0, slope, span, self.method, self.rtol, self.atol)
            # A slope that is not finite gives a step that is not: the first step then fails as non_finite.
            cost, step = 2, torch.where(step.isfinite(), step, span)
        zeros = torch.zeros(samples, dtype=torch.int64, device=y0.device)
        index = torch.arange(samples, device=y0.device)
        return Running(index, t, y0, slope, step, zeros + cost, zeros, zeros, torch.zeros_like(t))

    def _status(self, running: Running) -> Int64[Tensor, "sample"]:
        """The status of each sample that has ended, -1 for one that goes on."""
        start, end = self.times
        arrived = running.t == end
        broken = ~running.slope.flatten(1).isfinite().all(1)
        underflow = running.step.abs() < MIN_STEP_SHARE * abs(end - start)
        underflow &= (end - running.t).abs() > running.step.abs()
        exhausted = running.evaluations + self.method.stages > self.max_evaluations
        late = torch.full_like(arrived, self.deadline is not None and time.monotonic() >= self.deadline)
        status = torch.full_like(running.index, -1)
        for flag, value in (
            (late, Status.DEADLINE),
            (underflow, Status.STEP_UNDERFLOW),
            (exhausted, Status.EVALUATIONS_EXHAUSTED),
            (broken, Status.NON_FINITE),
            (arrived, Status.OK),
        ):
            status = torch.where(flag, torch.full_like(status, value), status)
        return status

    def _step(self, at: Running) -> Running:
        """Try one step of each sample; one whose error is too large stays where it was, with a shorter step."""
        end = self.times[1]
        left = end - at.t
        last = at.step.abs() >= (1 - CRUMB) * left.abs()
        step = torch.where(last, left, at.step)
        ys, slopes = stages(self.f, self.method, at.t, at.y, at.slope, step)
        y, slope = ys[-1], self.f(at.t + step, ys[-1])
        error, ratio = self._judge(at, y, [*slopes, slope], step)
        good = ratio <= 1
        if self.observe is not None:
            self.observe(Step(at.index[good], at.t[good], step[good], [stage[good] for stage in ys]))
        t = torch.where(last, torch.full_like(at.t, end), at.t + step)
        keep = per_sample(good, y)
        fixed = self.method.error is None
        return Running(
            index=at.index,
            t=torch.where(good, t, at.t),
            y=torch.where(keep, y, at.y),
            # A fixed step cannot be tried again shorter: without a slope to go on with, the sample has failed.
            slope=torch.where(keep, slope, torch.full_like(slope, torch.nan) if fixed else at.slope),
            step=at.step if fixed else next_step(step, ratio.detach(), self.method),
            evaluations=at.evaluations + self.method.stages,
            accepted=at.accepted + good,
            rejected=at.rejected + ~good,
            error=torch.where(good, at.error + error, at.error),
        )

    def _judge(
        self, at: Running, y: Float[Tensor, "sample ..."], slopes: list[Tensor], step: Float[Tensor, "sample"]
    ) -> tuple[Float[Tensor, "sample"], Float[Tensor, "sample"]]:
        """The error of a step that would end in `y`, and that error as a share of the tolerance.

        A step to an infinite state has an infinite share: such a state would make its own tolerance infinite. A fixed
        step has no estimate, NaN, and otherwise a share of 0.
        """
        size = torch.maximum(at.y.abs(), y.abs())
        if self.method.error is None:
            error, ratio = torch.full_like(step, torch.nan), torch.zeros_like(step)
        else:
            difference = per_sample(step, y) * weigh(self.method.error, slopes)
            error = root_mean_square(difference)
            ratio = root_mean_square(difference / (self.atol + self.rtol * size))
        return error, torch.where(size.flatten(1).amax(1).isfinite(), ratio, torch.full_like(ratio, torch.inf))


def _gather(ended: list[tuple[Running, Int64[Tensor, "_"]]]) -> Solution:
    """All samples that have ended, back in the order in which they came."""
    order = torch.cat([part.index for part, _ in ended]).argsort()

    def joined(parts: list[Tensor]) -> Tensor:
        return torch.cat(parts)[order]

    return Solution(
        states=joined([part.y for part, _ in ended]),
        evaluations=joined([part.evaluations for part, _ in ended]),
        accepted=joined([part.accepted for part, _ in ended]),
        rejected=joined([part.rejected for part, _ in ended]),
        error=joined([part.error for part, _ in ended]),
        status=joined([status for _, status in ended]),
    )


def _empty(y0: Float[Tensor, "sample ..."]) -> Solution:
    counts = torch.zeros(0, dtype=torch.int64, device=y0.device)
    return Solution(y0, counts, counts, counts, y0.new_zeros(0), counts)
