"""The neural ODE: stem, one equation over t in 0..1 in place of the residual blocks, head (Chen et al. 2018)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from models.networks.blocks import CHANNELS, ConvDynamics, Head, State, Stem, features_of, widened
from models.networks.network import Output, Solver
from ode import Deadline, Gradient, Solution, integrate, root_mean_square

INTERVAL = (0.0, 1.0)

DEFAULT_SOLVER = Solver()


class ODENet(nn.Module):
    """59,333 parameters with five classes.

    `solver` is how its equation is solved where a call does not say otherwise. `gradient` is how it is
    differentiated: "adjoint", "direct" or "torchdiffeq", as `ode.integrate` explains. Beside the channels of the stem
    its state has `augmented` ones, which begin at zero.
    """

    in_context = False

    def __init__(
        self,
        classes: int = 5,
        solver: Solver = DEFAULT_SOLVER,
        gradient: Gradient = "adjoint",
        augmented: int = 0,
    ) -> None:
        super().__init__()
        self.stem = Stem()
        self.dynamics = ConvDynamics(CHANNELS + augmented)
        self.head = Head(classes, CHANNELS + augmented)
        self.augmented = augmented
        self.solver = solver
        self.gradient: Gradient = gradient

    def forward(
        self, beats: Float[Tensor, "beat 187"], solver: Solver | None = None, deadline: Deadline | None = None
    ) -> Output:
        """Logits, features and cost of each beat's solve; where one failed, those of its last good state.

        No solve goes on at the `deadline`, as `ode.integrate` has it.
        """
        # Autocast would halve the state's digits, which times and errors need.
        shortened = self.stem(beats.unsqueeze(1)).to(self.dynamics.norm1.weight.dtype)
        start = widened(shortened, self.augmented)
        solution = solve(self.dynamics, start, solver or self.solver, self.gradient, deadline)
        return Output(
            logits=self.head(solution.states),
            features=features_of(solution.states),
            solution=solution,
            solver_error=solver_error(solution, start) if self.training else None,
        )


def solve(
    dynamics: ConvDynamics, start: State, solver: Solver, gradient: Gradient, deadline: Deadline | None = None
) -> Solution:
    """The solution over the interval, differentiated by `gradient` where gradients are asked for."""
    way = gradient if torch.is_grad_enabled() else None
    # The other gradients ask the dynamics for their parameters, which what is prepared from them has not.
    prepared = way in (None, "direct")
    return integrate(
        dynamics.prepared(start.shape[2]) if prepared else dynamics,
        start,
        INTERVAL,
        method=solver.method,
        rtol=solver.rtol,
        atol=solver.atol,
        max_evaluations=solver.max_evaluations,
        first_step=solver.first_step,
        step=solver.step,
        deadline=deadline,
        gradient=way,
    )


def solver_error(solution: Solution, start: State) -> Float[Tensor, ""]:
    """The solver's own estimate of its error, over the size of the state at the start: the mean of the batch."""
    return (solution.cost.error / root_mean_square(start)).mean()
