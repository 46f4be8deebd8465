"""Methods. A method is its numbers: a tableau."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ode.errors import UnknownMethod

Kind = Literal["fixed", "adaptive", "implicit", "multistep"]


@dataclass(frozen=True)
class Method:
    """A Runge-Kutta method as a Butcher tableau, or a multistep method, which has one too: that of its first steps.

    `a[i]` weighs the stages that stage i + 1 is made from, `c[i]` is its time within the step; stage 0 is the slope
    at the step's start, which the step before has left. A row with one weight more weighs the stage's own slope, so
    the stage is implicit. The last row of `a` is the solution itself, of order `order`.

    `error` weighs the stages, and the slope at the end, to the difference between the solution and the embedded one;
    only an adaptive method has it. `quartic` weighs the same slopes to what dense output adds to a cubic. `past`
    weighs the slope at the step's start and those at the starts of the steps before, the latest first.
    """

    name: str
    order: int
    a: tuple[tuple[float, ...], ...]
    error: tuple[float, ...] | None = None
    quartic: tuple[float, ...] | None = None
    past: tuple[float, ...] = ()

    @property
    def kind(self) -> Kind:
        """What chooses the steps: the caller; or, in an adaptive method, its error estimate.

        An implicit method takes the caller's steps too, and shorter ones where the equation of a step has no solution.
        """
        if self.past:
            return "multistep"
        if self.error is not None:
            return "adaptive"
        return "implicit" if any(len(weights) > place + 1 for place, weights in enumerate(self.a)) else "fixed"

    @property
    def stages(self) -> int:
        """Calls of the dynamics in one step; the slope at its end, counted here, serves the next one.

        Those of an implicit method solve each implicit stage besides; those of a multistep method are of its first
        steps, and later ones take one.
        """
        return len(self.a)

    @property
    def takes_step(self) -> bool:
        """Whether the caller gives the length of the steps."""
        return self.kind != "adaptive"

    @property
    def takes_tolerance(self) -> bool:
        """Whether a tolerance counts: for the steps of an adaptive method, or for how well implicit ones are solved."""
        return self.kind in ("adaptive", "implicit")

    @property
    def first_same_as_last(self) -> bool:
        """Whether the slope at a step's end is part of the step, as the slope at the next one's start (FSAL)."""
        return self.error is not None and self.error[-1] != 0

    @property
    def dense(self) -> bool:
        """Whether the states between the ends of a step are known as well as those at its ends."""
        return self.order <= 4 or self.quartic is not None

    @cached_property
    def c(self) -> tuple[float, ...]:
        """Times of the stages within the step: the row sums of `a`."""
        return tuple(sum(row) for row in self.a)


# The four of fixed steps are in Hairer, Norsett, Wanner, "Solving ordinary differential equations I" (1993), II.1.
EULER = Method(name="euler", order=1, a=((1.0,),))
MIDPOINT = Method(name="midpoint", order=2, a=((1 / 2,), (0.0, 1.0)))
HEUN = Method(name="heun", order=2, a=((1.0,), (1 / 2, 1 / 2)))
RK4 = Method(name="rk4", order=4, a=((1 / 2,), (0.0, 1 / 2), (0.0, 0.0, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6)))

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
    # Hairer, Norsett, Wanner, section II.6 (the DOPRI5 code's weights, found by Shampine).
    quartic=(
        -12715105075 / 11282082432,
        0.0,
        87487479700 / 32700410799,
        -10690763975 / 1880347072,
        701980252875 / 199316789632,
        -1453857185 / 822651844,
        69997945 / 29380423,
    ),
)

TSIT5 = Method(
    name="tsit5",
    order=5,
    # Tsitouras, "Runge-Kutta pairs of order 5(4) satisfying only the first column simplifying assumption" (2011).
    a=(
        (0.161,),
        (-0.008480655492356989, 0.335480655492357),
        (2.8971530571054935, -6.359448489975075, 4.3622954328695815),
        (5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525),
        (5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383),
        (0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774),
    ),
    error=(
        -0.001780011052225777,
        -0.0008164344596567469,
        0.007880878010261995,
        -0.1447110071732629,
        0.5823571654525552,
        -0.45808210592918697,
        1 / 66,
    ),
    # Coefficients of the fourth power in the same paper's interpolant.
    quartic=(
        -1.0530884977290216,
        0.1017,
        2.490627285651252793,
        -16.54810288924490272,
        47.37952196281928122,
        -34.87065786149660974,
        2.5,
    ),
)

# fmt: off
_DOPRI8_SOLUTION = (
    14005451 / 335480064, 0.0, 0.0, 0.0, 0.0, -59238493 / 1068277825, 181606767 / 758867731, 561292985 / 797845732,
    -1041891430 / 1371343529, 760417239 / 1151165299, 118820643 / 751138087, -528747749 / 2220607170, 1 / 4,
)
_DOPRI8_EMBEDDED = (
    13451932 / 455176623, 0.0, 0.0, 0.0, 0.0, -808719846 / 976000145, 1757004468 / 5645159321, 656045339 / 265891186,
    -3867574721 / 1518517206, 465885868 / 322736535, 53011238 / 667516719, 2 / 45, 0.0,
)

DOPRI8 = Method(
    name="dopri8",
    order=8,
    # Prince and Dormand, "High order embedded Runge-Kutta formulae" (1981), RK8(7)13M, with a last stage added for
    # the next step.
    a=(
        (1 / 18,),
        (1 / 48, 1 / 16),
        (1 / 32, 0.0, 3 / 32),
        (5 / 16, 0.0, -75 / 64, 75 / 64),
        (3 / 80, 0.0, 0.0, 3 / 16, 3 / 20),
        (29443841 / 614563906, 0.0, 0.0, 77736538 / 692538347, -28693883 / 1125000000, 23124283 / 1800000000),
        (
            16016141 / 946692911, 0.0, 0.0, 61564180 / 158732637, 22789713 / 633445777, 545815736 / 2771057229,
            -180193667 / 1043307555,
        ),
        (
            39632708 / 573591083, 0.0, 0.0, -433636366 / 683701615, -421739975 / 2616292301, 100302831 / 723423059,
            790204164 / 839813087, 800635310 / 3783071287,
        ),
        (
            246121993 / 1340847787, 0.0, 0.0, -37695042795 / 15268766246, -309121744 / 1061227803,
            -12992083 / 490766935, 6005943493 / 2108947869, 393006217 / 1396673457, 123872331 / 1001029789,
        ),
        (
            -1028468189 / 846180014, 0.0, 0.0, 8478235783 / 508512852, 1311729495 / 1432422823,
            -10304129995 / 1701304382, -48777925059 / 3047939560, 15336726248 / 1032824649,
            -45442868181 / 3398467696, 3065993473 / 597172653,
        ),
        (
            185892177 / 718116043, 0.0, 0.0, -3185094517 / 667107341, -477755414 / 1098053517,
            -703635378 / 230739211, 5731566787 / 1027545527, 5232866602 / 850066563, -4093664535 / 808688257,
            3962137247 / 1805957418, 65686358 / 487910083,
        ),
        (
            403863854 / 491063109, 0.0, 0.0, -5068492393 / 434740067, -411421997 / 543043805, 652783627 / 914296604,
            11173962825 / 925320556, -13158990841 / 6184727034, 3936647629 / 1978049680, -160528059 / 685178525,
            248638103 / 1413531060, 0.0,
        ),
        _DOPRI8_SOLUTION,
    ),
    error=(*(b - embedded for b, embedded in zip(_DOPRI8_SOLUTION, _DOPRI8_EMBEDDED, strict=True)), 0.0),
)
# fmt: on

# The implicit ones are in Hairer and Wanner, "Solving ordinary differential equations II" (1996), IV.2 and IV.3.
IMPLICIT_EULER = Method(name="implicit_euler", order=1, a=((0.0, 1.0),))
CRANK_NICOLSON = Method(name="crank_nicolson", order=2, a=((1 / 2, 1 / 2),))
IMPLICIT_MIDPOINT = Method(name="implicit_midpoint", order=2, a=((0.0, 1 / 2), (0.0, 1.0)))

# Adams and Bashforth's of four slopes, begun by the classical Runge-Kutta steps; Hairer, Norsett, Wanner, III.1.
EXPLICIT_ADAMS = Method(name="explicit_adams", order=4, a=RK4.a, past=(55 / 24, -59 / 24, 37 / 24, -9 / 24))

_METHODS = {
    method.name: method
    for method in (
        *(EULER, MIDPOINT, HEUN, RK4),
        *(HEUN_EULER, BOSH3, DOPRI5, TSIT5, DOPRI8),
        *(IMPLICIT_EULER, CRANK_NICOLSON, IMPLICIT_MIDPOINT),
        EXPLICIT_ADAMS,
    )
}


def methods() -> tuple[Method, ...]:
    """All methods there are: fixed, adaptive, implicit, multistep, each kind by its order."""
    return tuple(_METHODS.values())


def find_method(name: str) -> Method:
    """The method of that name. Raises UnknownMethod where there is none."""
    if name not in _METHODS:
        raise UnknownMethod(f"got the method {name!r}, expected one of: {', '.join(_METHODS)}")
    return _METHODS[name]
