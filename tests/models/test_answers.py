import numpy as np
import pytest

from models import Answers, Classifier, NoSolver, SolvedAnswers, Solver


def made(*rows):
    return Answers(np.array(rows, dtype=np.float32), np.zeros((len(rows), 1), dtype=np.float32))


def test_parts_joined_are_the_whole(checkpoints, beats):
    odenet = Classifier.load(checkpoints["odenet"])
    whole = odenet.answer(beats)
    joined = SolvedAnswers.joined([odenet.answer(beats[:7]), odenet.answer(beats[7:])])
    np.testing.assert_allclose(joined.logits, whole.logits, atol=1e-5)
    np.testing.assert_array_equal(joined.evaluations, whole.evaluations)


def test_some_are_replaced_and_the_rest_stay():
    answers, others = made([1, 2], [3, 4], [5, 6]), made([7, 8], [9, 10])
    replaced = answers.replaced(np.array([True, False, True]), others)
    np.testing.assert_array_equal(replaced.logits, [[7, 8], [3, 4], [9, 10]])
    np.testing.assert_array_equal(answers.logits[0], [1, 2])


def test_the_margin_is_from_the_first_to_the_second(checkpoints, beats):
    solved = Classifier.load(checkpoints["odenet"]).solve(beats, Solver("euler", step=0.5))
    descending = -np.sort(-solved.logits, axis=1)
    np.testing.assert_allclose(solved.margin, descending[:, 0] - descending[:, 1])
    assert set(solved.evaluations.tolist()) == {2}


def test_a_network_without_a_solver_has_no_costs_and_cannot_be_solved(checkpoints, beats):
    resnet = Classifier.load(checkpoints["resnet"])
    assert not isinstance(resnet.answer(beats), SolvedAnswers)
    with pytest.raises(NoSolver):
        resnet.solve(beats, Solver())
