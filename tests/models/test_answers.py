import numpy as np
import pytest

from models import Answers, Classifier, NoSolver, SolvedAnswers, Solver
from ode import Cost


def made(*rows, evaluations):
    counts = np.full(len(rows), evaluations)
    answers = Answers(np.array(rows, dtype=np.float32), np.zeros((len(rows), 1), dtype=np.float32))
    return SolvedAnswers(answers, Cost(counts, counts, counts, counts.astype(np.float32), counts))


def test_parts_joined_are_the_whole(checkpoints, beats):
    odenet = Classifier.load(checkpoints["odenet"])
    whole = odenet.solve(beats, Solver())
    joined = SolvedAnswers.joined([odenet.solve(beats[:7], Solver()), odenet.solve(beats[7:], Solver())])
    np.testing.assert_allclose(joined.answers.logits, whole.answers.logits, atol=1e-5)
    np.testing.assert_array_equal(joined.cost.evaluations, whole.cost.evaluations)


def test_some_are_replaced_and_the_rest_stay():
    solved, others = made([1, 2], [3, 4], [5, 6], evaluations=2), made([7, 8], [9, 10], evaluations=9)
    replaced = solved.replaced(np.array([True, False, True]), others)
    np.testing.assert_array_equal(replaced.answers.logits, [[7, 8], [3, 4], [9, 10]])
    assert replaced.cost.evaluations.tolist() == [9, 2, 9]
    np.testing.assert_array_equal(solved.answers.logits[0], [1, 2])


def test_the_margin_is_from_the_first_to_the_second(checkpoints, beats):
    solved = Classifier.load(checkpoints["odenet"]).solve(beats, Solver("euler", step=0.5))
    descending = -np.sort(-solved.answers.logits, axis=1)
    np.testing.assert_allclose(solved.answers.margin, descending[:, 0] - descending[:, 1])
    assert set(solved.cost.evaluations.tolist()) == {2}


def test_a_network_with_a_solver_answers_as_by_its_own(checkpoints, beats):
    odenet = Classifier.load(checkpoints["odenet"])
    np.testing.assert_array_equal(odenet.answer(beats).logits, odenet.solve(beats, odenet.solver).answers.logits)


def test_a_network_without_a_solver_cannot_be_solved(checkpoints, beats):
    resnet = Classifier.load(checkpoints["resnet"])
    assert len(resnet.answer(beats).logits) == len(beats)
    with pytest.raises(NoSolver):
        resnet.solve(beats, Solver())
