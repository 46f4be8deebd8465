import numpy as np
import pytest

from models import Classifier, Solver
from ode import methods
from training.measures.grid import MOST_EVALUATIONS, STEPS, TOLERANCES, measure_grid, reference_labels


@pytest.fixture(scope="module")
def odenet(checkpoints):
    return Classifier.load(checkpoints["odenet"])


@pytest.fixture(scope="module")
def grid(odenet, small):
    return measure_grid(odenet, small.validation, 3)


def test_every_method_is_measured_from_its_coarsest_setting_on(grid):
    assert list(dict.fromkeys(cell.method for cell in grid)) == [method.name for method in methods()]
    for method in methods():
        settings = [cell.setting for cell in grid if cell.method == method.name]
        assert tuple(settings) == (STEPS if method.takes_step else TOLERANCES)[: len(settings)]


def test_cost_rises_along_a_row_and_a_row_ends_where_it_is_dear(grid):
    for method in methods():
        row = [cell.evaluations for cell in grid if cell.method == method.name]
        if method.kind != "implicit":  # a longer step can be dearer to solve than two short ones
            assert row == sorted(row)
        if not method.takes_step:
            assert all(evaluations <= MOST_EVALUATIONS for evaluations in row[:-1])


def test_a_tight_solve_agrees_with_the_reference(grid, odenet, small):
    assert [cell.agreement for cell in grid if cell.method == "dopri5"][-1] == 1
    tight = odenet.classify(small.validation.values, Solver(rtol=1e-7, atol=1e-7, max_evaluations=10_000))
    assert (reference_labels(odenet, small.validation) == tight.labels).mean() > 0.99


def test_a_network_without_a_solver_has_no_grid(checkpoints, small):
    assert measure_grid(Classifier.load(checkpoints["resnet"]), small.validation, 20) == ()


def test_shares_are_shares(grid):
    for cell in grid:
        assert 0 <= cell.accuracy <= 1 and 0 <= cell.agreement <= 1
        assert np.isfinite(cell.evaluations) and cell.milliseconds > 0
