"""What a solve cost and how good it is, sample by sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

Array = TypeVar("Array", Tensor, np.ndarray)
"""Tensors within a solve, arrays where its answer has left torch."""

UNDER_WAY = -1
"""The status of a sample whose solve has not ended."""


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
class Cost(Generic[Array]):
    """Evaluations of the dynamics, accepted and rejected steps, error estimate and status of each sample.

    `error` is the sum, over accepted steps, of the root mean square of the embedded error estimate, in units of the
    state; NaN for a method that has no estimate. `status` is a `Status`.
    """

    evaluations: Int64[Array, "sample"]
    accepted: Int64[Array, "sample"]
    rejected: Int64[Array, "sample"]
    error: Float[Array, "sample"]
    status: Int64[Array, "sample"]

    def __len__(self) -> int:
        return len(self.status)

    def __reduce__(self) -> tuple[Callable[..., "Cost[Any]"], tuple[Array, Array]]:
        # Sent between processes: an array takes longer to pickle than its numbers, so all counts go as one.
        counts = (self.evaluations, self.accepted, self.rejected, self.status)
        return _of_counts, (torch.stack(counts) if isinstance(self.status, Tensor) else np.array(counts), self.error)

    @property
    def solved(self) -> Bool[Array, "sample"]:
        """Which samples got to the end."""
        solved: Array = self.status == Status.OK
        return solved

    @classmethod
    def joined(cls, parts: Sequence["Cost[Array]"]) -> "Cost[Array]":
        """The cost of all samples, part after part; there must be a part."""
        if len(parts) == 1:
            return parts[0]
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        join = torch.cat if isinstance(parts[0].status, Tensor) else np.concatenate
        return Cost(*map(join, columns))

    @classmethod
    def together(cls, solves: Sequence["Cost[Tensor]"]) -> "Cost[Tensor]":
        """The cost of several solves of the same samples: the sums, but of error and status the worst."""
        evaluations, accepted, rejected, error, status = (
            torch.stack(column) for column in zip(*(vars(solve).values() for solve in solves), strict=True)
        )
        return Cost(evaluations.sum(0), accepted.sum(0), rejected.sum(0), error.amax(0), status.amax(0))

    def select(self, which: Bool[Array, "sample"] | Int64[Array, "some"] | slice) -> "Cost[Array]":
        """The cost of those samples alone."""
        # Written out: a service selects thousands of times a second.
        return Cost(
            self.evaluations[which], self.accepted[which], self.rejected[which], self.error[which], self.status[which]
        )

    def plus(self, evaluations: Int64[Array, "sample"] | int) -> "Cost[Array]":
        """The cost with so many evaluations more."""
        return replace(self, evaluations=self.evaluations + evaluations)

    def numpy(self) -> "Cost[np.ndarray]":
        """The cost in arrays of numpy."""
        return Cost(*(column.cpu().numpy() for column in vars(self).values()))


def _of_counts(counts: Int64[Array, "4 sample"], error: Float[Array, "sample"]) -> Cost[Array]:
    evaluations, accepted, rejected, status = counts
    return Cost(evaluations, accepted, rejected, error, status)
