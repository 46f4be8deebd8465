"""What a network says of many beats, before anything is made of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from models.networks.network import Output
from ode import Cost, Solution


@dataclass(frozen=True)
class Answers:
    """The logits and the features of many beats."""

    logits: Float32[np.ndarray, "beat class"]
    features: Float32[np.ndarray, "beat feature"]

    @classmethod
    def of(cls, output: Output) -> "Answers":
        """Those of one call of a network."""
        return cls(output.logits.cpu().numpy(), output.features.cpu().numpy())

    @classmethod
    def joined(cls, parts: Sequence["Answers"]) -> "Answers":
        """The answers of all parts, in their order; there must be one."""
        return cls(np.concatenate([part.logits for part in parts]), np.concatenate([part.features for part in parts]))

    def select(self, which: Int64[np.ndarray, "some"]) -> "Answers":
        """Those of some beats, in that order."""
        return Answers(self.logits[which], self.features[which])

    @property
    def margin(self) -> Float32[np.ndarray, "beat"]:
        """How far the likeliest class is ahead of the next."""
        second, first = np.sort(self.logits, axis=1)[:, -2:].T
        margin: np.ndarray = first - second
        return margin


@dataclass(frozen=True)
class SolvedAnswers:
    """The answers of a network with a solver, and what the solves cost."""

    answers: Answers
    cost: Cost[np.ndarray]

    @classmethod
    def of(cls, output: Output, solution: Solution) -> "SolvedAnswers":
        """Those of one call of a network, and of its solve."""
        return cls(Answers.of(output), solution.cost.numpy())

    @classmethod
    def joined(cls, parts: Sequence["SolvedAnswers"]) -> "SolvedAnswers":
        """The answers of all parts, in their order; there must be one."""
        return cls(Answers.joined([part.answers for part in parts]), Cost.joined([part.cost for part in parts]))

    def select(self, which: Int64[np.ndarray, "some"]) -> "SolvedAnswers":
        """Those of some beats, in that order."""
        return SolvedAnswers(self.answers.select(which), self.cost.select(which))

    def replaced(self, which: Bool[np.ndarray, "beat"], others: "SolvedAnswers") -> "SolvedAnswers":
        """The answers, with others in place of some."""
        source = np.arange(len(self.cost))
        source[which] = len(self.cost) + np.arange(len(others.cost))
        return SolvedAnswers.joined([self, others]).select(source)
