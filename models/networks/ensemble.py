"""A committee: networks that each learnt by themselves and decide together.

What part chance had in what one of them says of a new patient is averaged out (Lakshminarayanan, Pritzel and Blundell,
"Simple and scalable predictive uncertainty estimation using deep ensembles", 2017).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from models.networks.network import Output, Solver
from ode import Cost, Deadline, Solution


class Committee(nn.Module):
    """The mean of its members' logits; each solves its own equation, and a beat costs what all of them cost.

    `max_evaluations` of a solver holds for each. Features are those of the first member: what is strange to one is
    strange to all.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @property
    def in_context(self) -> bool:
        """Whether its members take beats in the context of their recording."""
        return bool(self.members[0].in_context)

    def forward(
        self, beats: Float[Tensor, "beat length"], solver: Solver | None = None, deadline: Deadline | None = None
    ) -> Output:
        """Logits, features and cost of each beat."""
        outputs: list[Output] = [member(beats, solver, deadline) for member in self.members]
        solutions = [output.solution for output in outputs if output.solution is not None]
        return Output(
            logits=torch.stack([output.logits for output in outputs]).mean(dim=0),
            features=outputs[0].features,
            solution=_together(solutions) if solutions else None,
        )


def _together(solutions: Sequence[Solution]) -> Solution:
    """The solves of all members as one: states side by side, and what they cost together."""
    return Solution(
        start=torch.cat([solution.start for solution in solutions], dim=1),
        between=torch.cat([solution.between for solution in solutions], dim=2),
        states=torch.cat([solution.states for solution in solutions], dim=1),
        cost=Cost.together([solution.cost for solution in solutions]),
    )
