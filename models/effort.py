"""Effort: about what the solve of a beat will take, by its settings alone, in evaluations of an explicit method.

It is what a service goes by before it has solved anything by these settings; receipts have what was. The figures are
those of the released networks, in numbers of 32 bits.
"""

import math

from models.classifier import Classifier
from models.networks.network import AUTO, Solver
from ode import Method, find_method

WITHOUT_SOLVER = 10.0
"""A residual network, with its six blocks."""

REFERENCE = 1e-3
"""A tolerance."""

STEPS_AT_REFERENCE = 4.0
"""What a method of order 5 takes of the interval; of a lower order more."""

MOST_ORDER = 3
"""A tighter tolerance takes as many steps more as by a method of this order: rounding takes the rest of the gain."""

IMPLICIT_WEIGHT = 4.0
"""An evaluation of an implicit method takes so many times as long, since linear equations are solved between them."""


def weight_of(solver: Solver | None) -> float:
    """How many evaluations of an explicit method take as long as one by this solver."""
    if solver is None or solver.method == AUTO:
        return 1.0
    return IMPLICIT_WEIGHT if find_method(solver.method).kind == "implicit" else 1.0


def expected_effort(classifier: Classifier, solver: Solver | None) -> float:
    """About what a beat takes by this solver, or the released one.

    By an implicit method all that it may: from beat to beat that differs by ten times.
    """
    solver = solver or classifier.solver
    if solver is None:
        return WITHOUT_SOLVER
    if solver.method == AUTO:
        auto = classifier.dial and classifier.dial.auto
        return sum(_expected(one) for one in (auto.cheap, auto.tight)) if auto else WITHOUT_SOLVER
    return min(_expected(solver), float(solver.max_evaluations)) * weight_of(solver)


def _expected(solver: Solver) -> float:
    method = find_method(solver.method)
    if method.kind == "adaptive":
        return 2 + method.stages * _steps(method, max(solver.rtol, solver.atol))
    steps = math.ceil(1 / (solver.step or 1))
    return {"fixed": float(steps * method.stages), "multistep": float(steps), "implicit": math.inf}[method.kind]


def _steps(method: Method, tolerance: float) -> float:
    """Of an adaptive method."""
    at_reference: float = STEPS_AT_REFERENCE ** (5 / min(method.order, 5))
    tighter: float = (REFERENCE / tolerance) ** (1 / min(method.order, MOST_ORDER))
    return max(at_reference * tighter, 1.0)
