import numpy as np
import pytest

import ode
from ode.methods.method import find_method, methods


@pytest.mark.parametrize("method", methods(), ids=str)
def test_a_methods_weights_meet_the_order_conditions(method):
    """Hairer, Norsett, Wanner I, section II.1: the conditions up to order 3, and sum b_i c_i^(q-1) = 1/q above."""
    b = np.array([*method.a[-1], 0.0][: len(method.a) + 1])
    c = np.array([0.0, *method.c])
    for power in range(1, method.order + 1):
        assert b @ c ** (power - 1) == pytest.approx(1 / power, abs=1e-12)
    if method.order >= 3:
        a = np.array([[*row, *[0.0] * (len(b) - len(row))] for row in ((), *method.a)])
        assert b @ a @ c == pytest.approx(1 / 6, abs=1e-12)


@pytest.mark.parametrize("method", methods(), ids=str)
def test_the_error_weights_vanish_for_a_constant_slope(method):
    assert sum(method.error or ()) == pytest.approx(0, abs=1e-12)


def test_the_methods_are_told_with_order_stages_and_kind():
    told = {method.name: (method.order, method.stages, method.kind) for method in methods()}
    assert told["rk4"] == (4, 4, "fixed") and told["dopri5"] == (5, 6, "adaptive")
    assert all(find_method(name).name == name for name in told)


def test_an_unknown_method_is_told_with_those_that_exist():
    with pytest.raises(ode.UnknownMethod, match=r"'rk5', expected one of: euler, .*dopri8"):
        find_method("rk5")
