"""The continuous adjoint of torchdiffeq (Chen et al. 2018, algorithm 2), with one step size for the batch."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchdiffeq import odeint_adjoint

from ode.dynamics import Dynamics, parameters_of
from ode.errors import InvalidSolver
from ode.solve.cost import Cost, Status
from ode.solve.loop import Loop
from ode.solve.solution import Solution

NAMES = {"heun_euler": "adaptive_heun", "bosh3": "bosh3", "dopri5": "dopri5", "dopri8": "dopri8"}
"""What torchdiffeq calls our methods; it has no tsit5."""


def integrate_by_torchdiffeq(loop: Loop, y0: Float[Tensor, "sample ..."]) -> Solution:
    """Solve what the loop would solve, with one step size for the whole batch, differentiated by the adjoint.

    Evaluations and steps are those of the batch, the same for each sample; torchdiffeq reports no error estimate,
    so it is NaN, and it knows no limit of evaluations, so exceeding one shows only in the status.

    Where `first_step` is left out it is half the interval. Left alone,
    torchdiffeq steps past the end and interpolates back, which at coarse tolerances spoils the gradient, so both
    ways the last step is made to end where the interval does.
    """
    f, times = loop.f, loop.times
    parameters = parameters_of(f)
    if loop.method.name not in NAMES:
        raise InvalidSolver(f"got {loop.method.name}, expected a method of torchdiffeq's: {', '.join(NAMES)}")
    if loop.deadline is not None:
        raise InvalidSolver("got a deadline, expected none: torchdiffeq cannot be stopped")
    counted = _Counted(f)
    moments = torch.tensor(times, dtype=y0.dtype, device=y0.device)
    step = loop.first_step or abs(times[-1] - times[0]) / 2
    path = odeint_adjoint(
        counted,
        y0,
        moments,
        rtol=loop.rtol,
        atol=loop.atol,
        method=NAMES[loop.method.name],
        options={"first_step": step, "step_t": moments[-1:]},
        adjoint_options={"first_step": step, "step_t": moments[:1], "norm": "seminorm"},
        adjoint_params=parameters,
    )
    return counted.solution(path, loop.max_evaluations)


class _Counted(nn.Module):
    """The dynamics with torchdiffeq's signature (one time for all), and what the forward solve has cost."""

    def __init__(self, f: Dynamics) -> None:
        super().__init__()
        self.f = f
        self.evaluations = self.accepted = self.rejected = 0

    def forward(self, t: Float[Tensor, ""], y: Float[Tensor, "sample ..."]) -> Float[Tensor, "sample ..."]:
        self.evaluations += 1
        slope: Tensor = self.f(t.expand(y.shape[0]), y)
        return slope

    def callback_accept_step(self, *_: Any) -> None:
        self.accepted += 1

    def callback_reject_step(self, *_: Any) -> None:
        self.rejected += 1

    def solution(self, path: Float[Tensor, "time sample ..."], max_evaluations: int) -> Solution:
        states = path[-1]

        def count(number: int) -> Tensor:
            return torch.full((len(states),), number, dtype=torch.int64, device=states.device)

        status = Status.OK if self.evaluations <= max_evaluations else Status.EVALUATIONS_EXHAUSTED
        unknown = states.new_full((len(states),), torch.nan)
        cost = Cost(count(self.evaluations), count(self.accepted), count(self.rejected), unknown, count(status))
        return Solution(path[0], path[1:-1], states, cost)
