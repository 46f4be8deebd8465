"""A plan: all that decides an answer beside the beats, made once and checked before any work is done."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float32

from ecg import BeatsInContext
from models.checkpoint.abstention import ALL, confidence_for
from models.classifier import Classifier
from models.decisions import Decisions
from models.errors import NeedsRecording, NoSolver
from models.networks.network import AUTO, Solver
from ode import InvalidSolver, find_method

Kind = Literal["beats", "recording", "live"]
"""What a request brings: beats by themselves, the recording that they are in, or a signal as it is recorded."""

DEFAULT_STEP = 0.05
"""20 of them cross the interval 0..1."""

Beats = Float32[np.ndarray, "beat 187"] | BeatsInContext


@dataclass(frozen=True)
class SolverSettings:
    """What is asked of a solver; None leaves a setting as the model was released."""

    method: str | None = None
    rtol: float | None = None
    atol: float | None = None
    step: float | None = None
    max_evaluations: int | None = None

    def applied_to(self, released: Solver) -> Solver:
        """The solver to use. Raises UnknownMethod, and InvalidSolver for settings that the method does not take."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        solver = replace(released, **given)
        if solver.method == AUTO:
            if (self.rtol, self.atol, self.step) != (None, None, None):
                raise InvalidSolver(f"got a tolerance or a step, but {AUTO} chooses them itself; leave them out")
            return solver
        method = find_method(solver.method)
        if self.step is not None and not method.takes_step:
            raise InvalidSolver(f"got a step, but {method.name} chooses its own steps; leave it out")
        if (self.rtol is not None or self.atol is not None) and not method.takes_tolerance:
            raise InvalidSolver(f"got a tolerance, but {method.name} takes the steps it is given; set step instead")
        if not method.takes_step:
            return replace(solver, step=None)
        return replace(solver, step=self.step or DEFAULT_STEP, first_step=None)


@dataclass(frozen=True)
class Plan:
    """The model, its solver (None for one without), and the confidence below which it abstains."""

    classifier: Classifier
    solver: Solver | None
    least_confidence: float = 0.0

    @classmethod
    def of(
        cls,
        classifier: Classifier,
        kind: Kind,
        solver: Solver | SolverSettings | None = None,
        coverage: float = ALL,
    ) -> "Plan":
        """The plan for what a request brings and asks.

        Raises every refusal there is of it: NeedsRecording for beats by themselves where the model takes them in
        context, NoSolver, InvalidSolver and UnknownMethod for settings that it cannot honour, and InvalidCoverage.
        """
        if kind == "beats" and classifier.in_context:
            raise NeedsRecording(
                f"got single beats, but {classifier.identity.name or 'this model'} takes them in the context of "
                "their recording; send the recording to /recordings, or name a model that takes beats"
            )
        return cls(classifier, _solver(classifier, solver), confidence_for(classifier.abstention, coverage))

    @property
    def in_context(self) -> bool:
        """Whether the model takes beats in the context of their recording."""
        return self.classifier.in_context

    def decide(self, beats: Beats) -> Decisions:
        """The model's decisions on beats that were checked, of the kind it takes, made in this process."""
        values = beats.values if isinstance(beats, BeatsInContext) else beats
        return self.classifier.decide(values, self.solver, self.least_confidence)


def _solver(classifier: Classifier, asked: Solver | SolverSettings | None) -> Solver | None:
    released = classifier.solver
    if asked is None:
        return released
    if released is None:
        raise NoSolver(
            f"got solver settings, but {classifier.identity.name or 'this model'} solves no equation; leave them out"
        )
    solver = asked.applied_to(released) if isinstance(asked, SolverSettings) else asked
    classifier.check_solver(solver)
    return solver
