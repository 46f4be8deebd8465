"""Ordinary differential equations, solved for many samples at once, each with its own steps. Knows nothing of ECGs."""

from ode.dynamics import Dynamics, per_sample
from ode.errors import InvalidSolver, OdeError, UnknownMethod
from ode.integration import DEFAULT_MAX_EVALUATIONS, Gradient, integrate
from ode.kept import Kept
from ode.method import Kind, Method, find_method, methods
from ode.solution import Solution, Status
from ode.step_size import root_mean_square

__all__ = [
    "DEFAULT_MAX_EVALUATIONS",
    "Dynamics",
    "Gradient",
    "InvalidSolver",
    "Kept",
    "Kind",
    "Method",
    "OdeError",
    "Solution",
    "Status",
    "UnknownMethod",
    "find_method",
    "integrate",
    "methods",
    "per_sample",
    "root_mean_square",
]
