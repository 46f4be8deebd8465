"""Ordinary differential equations, solved for many samples at once, each with its own steps. Knows nothing of ECGs."""

from ode.dynamics import Dynamics, per_sample
from ode.errors import InvalidSolver, OdeError, UnknownMethod
from ode.gradients.memory import Kept
from ode.integration import DEFAULT_MAX_EVALUATIONS, Gradient, integrate
from ode.methods.method import Kind, Method, find_method, methods
from ode.methods.step_size import root_mean_square
from ode.solve.cost import Cost, Status
from ode.solve.loop import Deadline
from ode.solve.solution import Solution

__all__ = [
    "Cost",
    "DEFAULT_MAX_EVALUATIONS",
    "Deadline",
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
