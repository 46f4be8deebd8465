"""What can be wrong with a call of the solver. A solve that fails raises nothing: its status says why.

OdeError
└── InvalidSolver         settings that no solve can honour
    └── UnknownMethod     a method that does not exist; `ode.methods()` lists those that do
"""


class OdeError(Exception):
    """Root of all errors that `ode` raises."""


class InvalidSolver(OdeError):
    """A tolerance, an interval or a limit that no solve can honour."""


class UnknownMethod(InvalidSolver):
    """There is no method of that name."""
