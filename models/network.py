"""What every network is: beats in, logits out, with what the solve cost where it has a solver."""

from dataclasses import dataclass

from jaxtyping import Float
from pydantic import ConfigDict
from torch import Tensor

from ode import DEFAULT_MAX_EVALUATIONS, Solution


@dataclass(frozen=True)
class Solver:
    """How a network's equation is solved: the arguments of `ode.integrate` of the same names."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    method: str = "dopri5"
    rtol: float = 1e-3
    atol: float = 1e-3
    max_evaluations: int = DEFAULT_MAX_EVALUATIONS
    first_step: float | None = None


@dataclass(frozen=True)
class Output:
    """The logits of each class, before softmax; for a network with a solver, what the solve cost and its energy.

    `kinetic_energy` is the mean square of the state's speed over the mean square of the state it starts from: the
    less of it, the fewer the steps (Finlay et al. 2020).
    """

    logits: Float[Tensor, "beat class"]
    solution: Solution | None = None
    kinetic_energy: Float[Tensor, ""] | None = None
