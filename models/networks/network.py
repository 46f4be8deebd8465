"""What every network is: beats in, logits out, with what the solve cost where it has a solver."""

from dataclasses import dataclass
from typing import Annotated

from jaxtyping import Float
from pydantic import AfterValidator, ConfigDict, PositiveFloat, PositiveInt
from torch import Tensor

from ode import DEFAULT_MAX_EVALUATIONS, Solution, UnknownMethod, find_method

AUTO = "auto"
"""In place of a method: the network's own choice of two, beat by beat (`models.checkpoint.dial`)."""


def _known(method: str) -> str:
    if method == AUTO:
        return method
    try:
        return find_method(method).name
    except UnknownMethod as error:
        raise ValueError(str(error)) from error


@dataclass(frozen=True)
class Solver:
    """How a network's equation is solved: the arguments of `ode.integrate` of the same names, or the method "auto"."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    method: Annotated[str, AfterValidator(_known)] = "dopri5"
    rtol: PositiveFloat = 1e-3
    atol: PositiveFloat = 1e-3
    max_evaluations: PositiveInt = DEFAULT_MAX_EVALUATIONS
    first_step: PositiveFloat | None = None
    step: PositiveFloat | None = None


@dataclass(frozen=True)
class Output:
    """The logits of each class, before softmax; for a network with a solver, what the solve cost and how wrong it is.

    `features` are what the network knows of each beat before it decides, by which `models.checkpoint.novelty` detects
    strange ones.
    `solver_error` is what training may ask to be small, and None outside it: the solver's own estimate of its error
    over the size of the state at the start, the mean of the batch. The less of it, the fewer the steps (Pal et al.,
    "Opening the blackbox", 2021).
    """

    logits: Float[Tensor, "beat class"]
    features: Float[Tensor, "beat feature"]
    solution: Solution | None = None
    solver_error: Float[Tensor, ""] | None = None
