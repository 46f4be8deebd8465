"""What a network says of many beats, before anything is made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float32, Int64
from torch import Tensor

from models.networks.network import Output
from ode import Solution

Some = TypeVar("Some", bound="Answers")

COSTS = ("evaluations", "accepted", "rejected", "error", "status")
"""What `ode.Solution`, answers and receipts tell of a solve."""


@dataclass(frozen=True)
class Answers:
    """The logits and the features of many beats."""

    logits: Float32[np.ndarray, "beat class"]
    features: Float32[np.ndarray, "beat feature"]

    @classmethod
    def of(cls, output: Output) -> "Answers":
        """Those of one call of a network without a solver."""
        return cls(_array(output.logits), _array(output.features))

    @classmethod
    def joined(cls: type[Some], parts: Sequence[Some]) -> Some:
        """The answers of all parts, in their order; there must be one."""
        return cls(
            **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)}
        )

    def replaced(self: Some, which: Bool[np.ndarray, "beat"], others: Some) -> Some:
        """The answers, with others in place of some."""
        arrays = {field.name: getattr(self, field.name).copy() for field in fields(self)}
        for name, array in arrays.items():
            array[which] = getattr(others, name)
        return type(self)(**arrays)


@dataclass(frozen=True)
class SolvedAnswers(Answers):
    """Those of a network with a solver, with what the solves cost, as `ode.Solution` has it."""

    evaluations: Int64[np.ndarray, "beat"]
    accepted: Int64[np.ndarray, "beat"]
    rejected: Int64[np.ndarray, "beat"]
    error: Float32[np.ndarray, "beat"]
    status: Int64[np.ndarray, "beat"]

    @classmethod
    def of_solve(cls, output: Output, solution: Solution) -> "SolvedAnswers":
        """Those of one call of a network, and of its solve."""
        costs = {name: _array(getattr(solution, name)) for name in COSTS}
        return cls(**vars(Answers.of(output)), **costs)

    @property
    def margin(self) -> Float32[np.ndarray, "beat"]:
        """How far the likeliest class is ahead of the next."""
        second, first = np.sort(self.logits, axis=1)[:, -2:].T
        margin: np.ndarray = first - second
        return margin


def _array(values: Tensor) -> np.ndarray:
    array: np.ndarray = values.cpu().numpy()
    return array
