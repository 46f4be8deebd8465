"""The one integration loop. Each sample has its own step size, so its answer depends on that sample alone."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from ode.dynamics import Dynamics, per_sample
from ode.errors import InvalidSolver
from ode.method import Method, find_method
from ode.solution import Solution, Status
from ode.step_size import MIN_STEP_SHARE, first_step, next_step, root_mean_square
from ode.torchdiffeq import integrate_by_torchdiffeq

Gradient = Literal["direct", "torchdiffeq"]

DEFAULT_MAX_EVALUATIONS = 2000


def integrate(
    f: Dynamics,
    y0: Tensor,
    times: tuple[float, float],
    *,
    method: str = "dopri5",
    rtol: float = 1e-3,
    atol: float = 1e-3,
    max_evaluations: int = DEFAULT_MAX_EVALUATIONS,
    gradient: Gradient | None = None,
) -> Solution:
    """Solve dy/dt = f(t, y) from `times[0]`, where y is `y0`, to `times[1]`, each sample with its own steps.

    `y0` is `[sample, ...]`; `f` takes the time of each sample `[sample]` and its state `[sample, ...]`. A step is
    accepted where the root mean square of its error estimate over `atol + rtol * |y|` is at most 1. A sample whose
    solve fails keeps its last good state and says why in its status; it raises nothing and harms no other.

    `gradient` says how the solution is differentiated: None not at all; "direct" through every operation of the
    solve; "torchdiffeq" by the continuous adjoint of that library (Chen et al. 2018), whose memory does not grow
    with the number of steps, but which takes one step size for the whole batch.

    Raises UnknownMethod and InvalidSolver.
    """
    tableau = find_method(method)
    _check(y0, times, rtol, atol, max_evaluations)
    if gradient == "torchdiffeq":
        return integrate_by_torchdiffeq(f, y0, times, tableau, rtol, atol, max_evaluations)
    with torch.set_grad_enabled(gradient == "direct" and torch.is_grad_enabled()):
        return _Loop(f, tableau, times, rtol, atol, max_evaluations).run(y0)


def _check(y0: Tensor, times: tuple[float, float], rtol: float, atol: float, max_evaluations: int) -> None:
    if y0.dim() < 1 or not y0.is_floating_point():
        raise InvalidSolver(f"got y0 of shape {list(y0.shape)} and type {y0.dtype}, expected floats [sample, ...]")
    if len(times) != 2 or not all(map(math.isfinite, times)) or times[0] == times[1]:
        raise InvalidSolver(f"got times {times}, expected a start and another, finite end")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if not (math.isfinite(value) and value > 0):
            raise InvalidSolver(f"got {name} {value}, expected a finite number above 0")
    if max_evaluations < 1:
        raise InvalidSolver(f"got max_evaluations {max_evaluations}, expected 1 or more")


@dataclass(frozen=True)
class _Running:
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

    def select(self, which: Bool[Tensor, "sample"]) -> "_Running":
        return _Running(**{name: value[which] for name, value in vars(self).items()})


@dataclass(frozen=True)
class _Loop:
    """One solve: what does not change from step to step."""

    f: Dynamics
    method: Method
    times: tuple[float, float]
    rtol: float
    atol: float
    max_evaluations: int

    def run(self, y0: Float[Tensor, "sample ..."]) -> Solution:
        running = self._start(y0)
        ended: list[tuple[_Running, Int64[Tensor, "_"]]] = []
        while len(running.index):
            status = self._status(running)
            over = status >= 0
            if over.any():
                ended.append((running.select(over), status[over]))
                running = running.select(~over)
            if len(running.index):
                running = self._step(running)
        return _gather(ended) if ended else _empty(y0)

    def _start(self, y0: Float[Tensor, "sample ..."]) -> _Running:
        samples = y0.shape[0]
        t = y0.new_full((samples,), self.times[0])
        span = y0.new_full((samples,), self.times[1] - self.times[0])
        if self.max_evaluations < 2:  # not enough to choose a first step: nothing is begun
            cost, slope, step = 0, torch.zeros_like(y0), span
        else:
            slope = self.f(t, y0)
            step = first_step(self.f, t, y0, slope, span, self.method, self.rtol, self.atol)
            # A slope that is not finite gives a step that is not: the first step then fails as non_finite.
            cost, step = 2, torch.where(step.isfinite(), step, span)
        zeros = torch.zeros(samples, dtype=torch.int64, device=y0.device)
        index = torch.arange(samples, device=y0.device)
        return _Running(index, t, y0, slope, step, zeros + cost, zeros, zeros, torch.zeros_like(t))

    def _status(self, running: _Running) -> Int64[Tensor, "sample"]:
        """The status of each sample that has ended, -1 for one that goes on."""
        start, end = self.times
        arrived = running.t == end
        broken = ~running.slope.flatten(1).isfinite().all(1)
        underflow = running.step.abs() < MIN_STEP_SHARE * abs(end - start)
        underflow &= (end - running.t).abs() > running.step.abs()
        exhausted = running.evaluations + self.method.evaluations_per_step > self.max_evaluations
        status = torch.full_like(running.index, -1)
        for flag, value in (
            (underflow, Status.STEP_UNDERFLOW),
            (exhausted, Status.EVALUATIONS_EXHAUSTED),
            (broken, Status.NON_FINITE),
            (arrived, Status.OK),
        ):
            status = torch.where(flag, torch.full_like(status, value), status)
        return status

    def _step(self, at: _Running) -> _Running:
        """Try one step of each sample; one whose error is too large stays where it was, with a shorter step."""
        end = self.times[1]
        left = end - at.t
        last = at.step.abs() >= left.abs()
        step = torch.where(last, left, at.step)
        y, slope, difference = self._stages(at, step)
        error = root_mean_square(difference)
        scale = self.atol + self.rtol * torch.maximum(at.y.abs(), y.abs())
        ratio = root_mean_square(difference / scale)
        good = ratio <= 1
        t = torch.where(last, torch.full_like(at.t, end), at.t + step)
        keep = per_sample(good, y)
        return _Running(
            index=at.index,
            t=torch.where(good, t, at.t),
            y=torch.where(keep, y, at.y),
            slope=torch.where(keep, slope, at.slope),
            step=next_step(step, ratio.detach(), self.method),
            evaluations=at.evaluations + self.method.evaluations_per_step,
            accepted=at.accepted + good,
            rejected=at.rejected + ~good,
            error=torch.where(good, at.error + error, at.error),
        )

    def _stages(self, at: _Running, step: Float[Tensor, "sample"]) -> tuple[Tensor, Tensor, Tensor]:
        """The state after the step, the slope there, and the embedded error estimate."""
        h = per_sample(step, at.y)
        slopes = [at.slope]
        y = at.y
        for weights, c in zip(self.method.a, self.method.c, strict=True):
            y = at.y + h * _weigh(weights, slopes)
            slopes.append(self.f(at.t + c * step, y))
        return y, slopes[-1], h * _weigh(self.method.error, slopes)


def _weigh(weights: tuple[float, ...], slopes: list[Tensor]) -> Tensor:
    terms = [(weight, slope) for weight, slope in zip(weights, slopes, strict=True) if weight]
    total = terms[0][0] * terms[0][1]
    for weight, slope in terms[1:]:
        total = torch.add(total, slope, alpha=weight)
    return total


def _gather(ended: list[tuple[_Running, Int64[Tensor, "_"]]]) -> Solution:
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
