"""The neural ODE of recordings: what a beat's context says sets where its state begins, and is heard again at the end.

views -> stem -> + what the rhythm says -> one equation over t in 0..1 -> pooled, beside the rhythm -> logits
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from ecg.context.context import RHYTHM_LENGTH, VIEWS
from models.networks.blocks import CHANNELS, ConvDynamics, Stem, features_of, norm
from models.networks.network import Output, Solver
from models.networks.odenet import DEFAULT_SOLVER, solve, solver_error
from ode import Deadline, Gradient

HIDDEN = 128
"""Wide and deep enough to weigh intervals against each other: what is early for one rhythm is not for another."""

LIMIT = 5.0
"""Standard deviations beyond which a number of the rhythm says no more."""


class RhythmODENet(nn.Module):
    """The dynamics of `ODENet`, for beats as `ecg.BeatsInContext` has them; 104,000 parameters with five classes."""

    in_context = True

    def __init__(
        self,
        classes: int = 5,
        solver: Solver = DEFAULT_SOLVER,
        gradient: Gradient = "direct",
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.stem = Stem(VIEWS)
        self.standardized = nn.BatchNorm1d(RHYTHM_LENGTH, affine=False)
        self.rhythm = nn.Sequential(
            nn.Linear(RHYTHM_LENGTH, HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(HIDDEN, CHANNELS),
        )
        self.dynamics = ConvDynamics()
        self.norm = norm()
        self.head = nn.Sequential(
            nn.Linear(2 * CHANNELS, CHANNELS), nn.ReLU(), nn.Dropout(dropout), nn.Linear(CHANNELS, classes)
        )
        self.solver = solver
        self.gradient: Gradient = gradient

    def forward(
        self, beats: Float[Tensor, "beat 587"], solver: Solver | None = None, deadline: Deadline | None = None
    ) -> Output:
        """Logits, features and cost of each beat's solve; where one failed, those of its last good state.

        Features are those of `ODENet`, beside what the rhythm says.
        """
        views, rhythm = beats[:, :-RHYTHM_LENGTH].reshape(len(beats), VIEWS, -1), beats[:, -RHYTHM_LENGTH:]
        said = self.rhythm(self.standardized(rhythm).clamp(-LIMIT, LIMIT))
        start = (self.stem(views) + said.unsqueeze(2)).to(self.norm.weight.dtype)
        solution = solve(self.dynamics, start, solver or self.solver, self.gradient, deadline)
        pooled = F.relu(self.norm(solution.states)).mean(dim=2)
        logits = self.head(torch.cat([pooled, F.relu(said)], dim=1))
        return Output(
            logits=logits,
            features=torch.cat([features_of(solution.states), F.relu(said)], dim=1),
            solution=solution,
            solver_error=solver_error(solution, start) if self.training else None,
        )
