"""Problems of the literature, against SciPy's solvers or known values."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

import ode
from ode import Status, integrate

ADAPTIVE = [method.name for method in ode.methods() if method.kind == "adaptive"]


def linear(t, y):
    """A fast and a slow decay."""
    return torch.stack((-10 * y[:, 0] + y[:, 1], -0.5 * y[:, 1]), 1)


def van_der_pol(mu):
    def f(t, y):
        x, v = y.unbind(1)
        return torch.stack((v, mu * (1 - x**2) * v - x), 1)

    return f


def lotka_volterra(t, y):
    hare, lynx = y.unbind(1)
    return torch.stack((1.5 * hare - hare * lynx, hare * lynx - 3 * lynx), 1)


def arenstorf(t, y):
    """A satellite between earth and moon (Hairer, Norsett, Wanner I, section II.0)."""
    moon = 0.012277471
    earth = 1 - moon
    x, z, u, w = y.unbind(1)
    to_earth, to_moon = ((x + moon) ** 2 + z**2) ** 1.5, ((x - earth) ** 2 + z**2) ** 1.5
    return torch.stack(
        (
            u,
            w,
            x + 2 * w - earth * (x + moon) / to_earth - moon * (x - earth) / to_moon,
            z - 2 * u - earth * z / to_earth - moon * z / to_moon,
        ),
        1,
    )


ARENSTORF_PERIOD = 17.0652165601579625588917206249

# start, end, and how many times the tolerance the error may be: how much the problem itself magnifies errors.
PROBLEMS = {
    "linear": (linear, (1.0, 1.0), 3.0, 10),
    "van der pol, mild": (van_der_pol(1.0), (2.0, 0.0), 10.0, 100),
    "van der pol, stiff": (van_der_pol(100.0), (2.0, 0.0), 10.0, 100),
    "lotka-volterra": (lotka_volterra, (1.0, 2.0), 5.0, 200),
}


def reference(f, start, end):
    def right_side(t, y):
        return f(torch.tensor([t]), torch.from_numpy(y)[None])[0].numpy()

    return solve_ivp(right_side, (0.0, end), np.array(start), method="Radau", rtol=1e-11, atol=1e-12).y[:, -1]


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_error_stays_under_the_tolerance_times_what_the_problem_magnifies(problem):
    f, start, end, magnified = PROBLEMS[problem]
    exact = torch.from_numpy(reference(f, start, end))
    y0 = torch.tensor([start], dtype=torch.float64)
    for method in ADAPTIVE:
        tolerance = 1e-3 if method == "heun_euler" else 1e-5  # of order 2, it would take ten thousand steps
        solution = integrate(f, y0, (0.0, end), method=method, rtol=tolerance, atol=tolerance, max_evaluations=10**6)
        assert solution.cost.status.item() == Status.OK, method
        assert (solution.states[0] - exact).abs().max() < magnified * tolerance, method


@pytest.mark.parametrize("method", ["dopri5", "tsit5", "dopri8"])
def test_the_arenstorf_orbit_closes(method):
    y0 = torch.tensor([[0.994, 0.0, 0.0, -2.00158510637908252240537862224]], dtype=torch.float64)
    solution = integrate(arenstorf, y0, (0.0, ARENSTORF_PERIOD), method=method, rtol=1e-10, atol=1e-10,
                         max_evaluations=1_000_000)  # fmt: skip
    assert (solution.states - y0).abs().max() < 1e-2
    assert solution.cost.accepted.item() > 50


@pytest.mark.parametrize("method", ["implicit_euler", "crank_nicolson", "implicit_midpoint"])
def test_stiff_van_der_pol_is_followed_by_implicit_steps(method):
    f, start = van_der_pol(1000.0), (2.0, 0.0)
    exact = reference(f, start, 100.0)
    solution = integrate(f, torch.tensor([start], dtype=torch.float64), (0.0, 100.0), method=method, step=1.0,
                         rtol=1e-8, atol=1e-8, max_evaluations=100_000)  # fmt: skip
    assert solution.cost.status.item() == Status.OK
    assert solution.states[0, 0].item() == pytest.approx(exact[0], abs=1e-3)
    assert math.isfinite(solution.states[0, 1])
