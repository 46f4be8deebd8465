"""Methods. A method is its numbers: an embedded explicit Runge-Kutta pair, as a Butcher tableau."""

from dataclasses import dataclass
from functools import cached_property

from ode.errors import UnknownMethod


@dataclass(frozen=True)
class Method:
    """An embedded explicit Runge-Kutta pair whose last stage is the next step's first (FSAL).

    `a[i]` weighs the stages that stage i + 1 is made from, `c[i]` is its time within the step; stage 0 is the
    slope at the step's start. The last row of `a` is the solution itself, of order `order`; `error` weighs the
    stages to the difference between it and the embedded solution.
    """

    name: str
    order: int
    a: tuple[tuple[float, ...], ...]
    error: tuple[float, ...]

    @property
    def evaluations_per_step(self) -> int:
        """Calls of the dynamics in one step: each stage but the first, which the step before has left."""
        return len(self.a)

    @cached_property
    def c(self) -> tuple[float, ...]:
        """Times of the stages within the step: the row sums of `a`."""
        return tuple(sum(row) for row in self.a)


HEUN_EULER = Method(
    name="heun_euler",
    order=2,
    # Heun's second-order method with Euler's as the embedded one, with a last stage added for the next step.
    # Hairer, Norsett, Wanner, "Solving ordinary differential equations I" (1993), section II.4.
    a=(
        (1.0,),
        (1 / 2, 1 / 2),
    ),
    error=(-1 / 2, 1 / 2, 0.0),
)

BOSH3 = Method(
    name="bosh3",
    order=3,
    # Bogacki and Shampine, "A 3(2) pair of Runge-Kutta formulas" (1989).
    a=(
        (1 / 2,),
        (0.0, 3 / 4),
        (2 / 9, 1 / 3, 4 / 9),
    ),
    error=(2 / 9 - 7 / 24, 1 / 3 - 1 / 4, 4 / 9 - 1 / 3, -1 / 8),
)

DOPRI5 = Method(
    name="dopri5",
    order=5,
    # Dormand and Prince, "A family of embedded Runge-Kutta formulae" (1980), RK5(4)7M.
    a=(
        (1 / 5,),
        (3 / 40, 9 / 40),
        (44 / 45, -56 / 15, 32 / 9),
        (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
        (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
        (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
    ),
    error=(
        35 / 384 - 5179 / 57600,
        0.0,
        500 / 1113 - 7571 / 16695,
        125 / 192 - 393 / 640,
        -2187 / 6784 + 92097 / 339200,
        11 / 84 - 187 / 2100,
        -1 / 40,
    ),
)

METHODS: dict[str, Method] = {method.name: method for method in (HEUN_EULER, BOSH3, DOPRI5)}


def find_method(name: str) -> Method:
    """The method of that name. Raises UnknownMethod where there is none."""
    if name not in METHODS:
        raise UnknownMethod(f"got the method {name!r}, expected one of: {', '.join(METHODS)}")
    return METHODS[name]
