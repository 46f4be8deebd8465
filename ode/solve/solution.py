"""What a solve gives back: the states, and for each sample what they cost and how good they are."""

from dataclasses import dataclass
from enum import IntEnum

import torch
from jaxtyping import Float, Int64
from torch import Tensor


class Status(IntEnum):
    """How the solve of one sample ended."""

    OK = 0
    EVALUATIONS_EXHAUSTED = 1
    NON_FINITE = 2
    STEP_UNDERFLOW = 3
    DEADLINE = 4

    @property
    def label(self) -> str:
        """The name that receipts carry."""
        return self.name.lower()


@dataclass(frozen=True)
class Solution:
    """The states at the last of the times asked for, and `between` at those between the first and the last.

    A sample that did not get to a time has its last good state there. `error` is the sum, over accepted steps, of the
    root mean square of the embedded error estimate, in units of the state; NaN for a method that has no estimate.
    """

    start: Float[Tensor, "sample ..."]
    between: Float[Tensor, "between sample ..."]
    states: Float[Tensor, "sample ..."]
    evaluations: Int64[Tensor, "sample"]
    accepted: Int64[Tensor, "sample"]
    rejected: Int64[Tensor, "sample"]
    error: Float[Tensor, "sample"]
    status: Int64[Tensor, "sample"]

    @property
    def path(self) -> Float[Tensor, "time sample ..."]:
        """The states at all times asked for, the first and the last included."""
        return torch.cat((self.start[None], self.between, self.states[None]))
