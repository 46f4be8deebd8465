"""The neural ODE: stem, one equation over t in 0..1 in place of the residual blocks, head (Chen et al. 2018)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from models.blocks import ConvDynamics, Head, Stem, features_of
from models.network import Output, Solver
from ode import Gradient, integrate, root_mean_square

INTERVAL = (0.0, 1.0)

DEFAULT_SOLVER = Solver()


class ODENet(nn.Module):
    """59,333 parameters with five classes.

    `solver` is how its equation is solved where a call does not say otherwise. `gradient` is how it is
    differentiated: "adjoint", "direct" or "torchdiffeq", as `ode.integrate` explains.
    """

    def __init__(self, classes: int = 5, solver: Solver = DEFAULT_SOLVER, gradient: Gradient = "adjoint") -> None:
        super().__init__()
        self.stem = Stem()
        self.dynamics = ConvDynamics()
        self.head = Head(classes)
        self.solver = solver
        self.gradient: Gradient = gradient

    def forward(self, beats: Float[Tensor, "beat 187"], solver: Solver | None = None) -> Output:
        """Logits, features and cost of each beat's solve; where one failed, logits and features of its last good state."""
        chosen = solver or self.solver
        # Autocast would halve the state's digits, which times and errors need.
        start = self.stem(beats.unsqueeze(1)).to(self.dynamics.norm1.weight.dtype)
        gradient = self.gradient if torch.is_grad_enabled() else None
        # The other gradients ask the dynamics for their parameters, which what is prepared from them has not.
        prepared = gradient in (None, "direct")
        solution = integrate(
            self.dynamics.prepared(start.shape[2]) if prepared else self.dynamics,
            start,
            INTERVAL,
            method=chosen.method,
            rtol=chosen.rtol,
            atol=chosen.atol,
            max_evaluations=chosen.max_evaluations,
            first_step=chosen.first_step,
            step=chosen.step,
            gradient=gradient,
        )
        return Output(
            logits=self.head(solution.states),
            features=features_of(solution.states),
            solution=solution,
            solver_error=(solution.error / root_mean_square(start)).mean() if self.training else None,
        )
