import numpy as np
import pytest

from models import AUTO, Classifier, Solver, Validated
from training.measures.grid import Cell, reference_labels
from training.posthoc.dial import CHEAP, MISSED, TIGHT, fit_dial, validated


def cells(method, **agreements):
    return tuple(Cell(method, setting, 0.9, agreement, 10.0, 1.0) for setting, agreement in agreements["row"])


def test_a_method_is_validated_up_to_its_first_setting_that_does_not_agree():
    row = [(1e-1, 1.0), (1e-2, 0.99), (1e-3, 0.9995), (1e-4, 1.0)]
    assert validated(cells("dopri5", row=row), Solver()) == (Validated(method="dopri5", tolerances=(1e-4, 1e-3)),)


def test_a_method_that_never_agrees_is_not_validated():
    assert validated(cells("euler", row=[(1.0, 0.5), (0.5, 0.9)]), Solver()) == ()


def test_given_steps_and_the_tolerance_of_implicit_ones_are_validated():
    row = [(1.0, 0.5), (0.5, 1.0), (0.25, 1.0)]
    assert validated(cells("rk4", row=row), Solver()) == (Validated(method="rk4", steps=(0.25, 0.5)),)
    (implicit,) = validated(cells("crank_nicolson", row=row), Solver(rtol=1e-3, atol=1e-4))
    assert implicit.tolerances == (0.0, 1e-4)


@pytest.fixture(scope="module")
def dialled(checkpoints, small):
    odenet = Classifier.load(checkpoints["odenet"])
    return Classifier(odenet.network, odenet.solver, dial=fit_dial(odenet, small.validation))


def test_the_doubt_leaves_no_more_beats_missed_than_may_be(dialled, small):
    decisions = dialled.classify(small.validation.values, Solver(AUTO))
    tight = dialled.classify(small.validation.values, TIGHT).labels
    reference = reference_labels(dialled, small.validation)
    missed = (decisions.labels != reference) & ~decisions.receipts.tight
    assert missed.sum() <= MISSED * len(small.validation)
    assert (decisions.labels[decisions.receipts.tight] == tight[decisions.receipts.tight]).all()


def test_the_doubt_is_the_least_that_does(dialled, small):
    auto = dialled.dial.auto
    if auto.doubt == 0:
        cheap = dialled.classify(small.validation.values, CHEAP)
        assert np.array_equal(cheap.labels, reference_labels(dialled, small.validation))
        return
    less = Classifier(
        dialled.network,
        dialled.solver,
        dial=dialled.dial.model_copy(update={"auto": auto.model_copy(update={"doubt": 0.999 * auto.doubt})}),
    )
    decisions = less.classify(small.validation.values, Solver(AUTO))
    assert (decisions.labels != reference_labels(less, small.validation)).any()


def test_a_network_without_a_solver_has_no_dial(checkpoints, small):
    assert fit_dial(Classifier.load(checkpoints["resnet"]), small.validation) is None
