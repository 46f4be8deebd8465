import numpy as np
import pytest

from models import AUTO, Classifier, Solver, expected_effort, weight_of


@pytest.fixture(scope="module")
def odenet():
    return Classifier.load("odenet")


def hostile_beats(beats):
    """Among others those that no heart makes."""
    drawn = np.random.default_rng(0).random((3, 187))
    return np.concatenate([beats[:5], drawn, drawn > 0.5, np.zeros((1, 187)), np.ones((1, 187))]).astype(np.float32)


@pytest.mark.parametrize(
    "solver",
    [
        *(Solver(m, rtol=t, atol=t) for m in ("dopri5", "tsit5", "bosh3", "dopri8") for t in (1e-2, 1e-4, 1e-6)),
        Solver("heun_euler", rtol=1e-4, atol=1e-4),
        Solver("dopri5", rtol=1e-8, atol=1e-3),
        Solver("rk4", step=0.01),
        Solver("explicit_adams", step=0.01),
        Solver(AUTO),
    ],
)
def test_what_is_expected_of_a_beat_is_about_what_it_takes(odenet, beats, solver):
    taken = odenet.decide(hostile_beats(beats), solver).receipts.evaluations
    assert taken.max() / 3 < expected_effort(odenet, solver) < 4 * taken.max()


def test_an_implicit_method_is_expected_to_take_all_that_it_may_and_each_evaluation_to_be_dear(odenet):
    solver = Solver("implicit_euler", step=0.5, max_evaluations=500)
    assert expected_effort(odenet, solver) == 500 * weight_of(solver) > 500


def test_no_more_is_expected_than_a_beat_may_take(odenet):
    assert expected_effort(odenet, Solver(rtol=1e-9, atol=1e-9, max_evaluations=100)) == 100


def test_what_is_not_said_is_as_the_model_was_released(odenet):
    assert expected_effort(odenet, None) == expected_effort(odenet, odenet.solver)
    assert expected_effort(Classifier.load("resnet"), None) < expected_effort(odenet, None)
