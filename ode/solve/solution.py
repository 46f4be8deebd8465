"""What a solve gives back: the states, and what they cost."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ode.solve.cost import Cost


@dataclass(frozen=True)
class Solution:
    """The states at the last of the times asked for, and `between` at those between the first and the last.

    A sample that did not get to a time has its last good state there.
    """

    start: Float[Tensor, "sample ..."]
    between: Float[Tensor, "between sample ..."]
    states: Float[Tensor, "sample ..."]
    cost: Cost[Tensor]

    @property
    def path(self) -> Float[Tensor, "time sample ..."]:
        """The states at all times asked for, the first and the last included."""
        return torch.cat((self.start[None], self.between, self.states[None]))
