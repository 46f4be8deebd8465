from itertools import pairwise

import pytest

from examples import tolerance
from models import AUTO

HEEDING = [method for method in tolerance.METHODS if method != AUTO]


@pytest.fixture(scope="module")
def found():
    return tolerance.study(tolerance.SMALLEST)


def settings(found, method):
    """Those of a method, the loosest tolerance first."""
    return [it for it in found if it.method == method]


@pytest.mark.parametrize("method", HEEDING)
def test_evaluations_grow_as_the_tolerance_tightens(found, method):
    turned = settings(found, method)
    assert all(looser.evaluations <= tighter.evaluations for looser, tighter in pairwise(turned))
    assert turned[-1].evaluations > 10 * turned[0].evaluations


@pytest.mark.parametrize("method", HEEDING)
def test_the_error_falls_with_the_tolerance(found, method):
    turned = settings(found, method)
    assert all(looser.error >= tighter.error for looser, tighter in pairwise(turned))
    assert turned[-1].error < turned[0].error / 100
    assert all(it.error < 50 * it.tolerance for it in turned)


def test_one_step_is_enough_for_the_tolerance_that_the_network_is_asked_by(found):
    for it in settings(found, "dopri5"):
        one_step = it.evaluations < 8
        assert one_step == (it.tolerance >= tolerance.STANDARD.rtol)


@pytest.mark.parametrize("method", HEEDING)
def test_labels_are_those_of_a_tight_solve_but_for_a_few_and_all_from_1e_4_on(found, method):
    for it in settings(found, method):
        assert it.others <= (0 if it.tolerance <= 1e-4 else 0.1)


def test_auto_costs_less_than_any_tolerance_of_dopri5_and_labels_as_well(found):
    loosest, auto = settings(found, "dopri5")[0], settings(found, AUTO)[0]
    assert auto.evaluations < loosest.evaluations
    assert auto.others <= loosest.others


def test_there_are_as_many_beats_as_asked_for_and_others_by_another_seed():
    beats = tolerance.synthesize_beats(50)
    assert beats.shape == (50, 187)
    assert (beats != tolerance.synthesize_beats(50, seed=1)).any()


def test_it_shows_what_it_found(found, shown):
    assert f"{found[0].error:.1e}" in shown(tolerance, found)
