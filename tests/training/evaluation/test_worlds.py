import pytest

from tests.training.evaluation.test_patients_file import made
from training.evaluation import worlds
from training.evaluation.evaluation import Evaluation, SweepPoint
from training.evaluation.worlds import Worlds
from training.measures.grid import Cell
from training.measures.label_scores import ClassScore, Score

BEATS = Evaluation(
    Score(0.9, 0.8, {"N": ClassScore(0.9, 0.8, 0.7, 10)}, [[1, 2], [3, 4]]),
    (SweepPoint(None, 0.9, 0.8, 7.0, 1.0, 0.99),),
    (Cell("rk4", 0.5, 0.9, 0.99, 8.0, 0.1),),
)


def flat(of_both):
    """What there is, in a form that can be compared."""
    views = of_both.patients.views.items() if of_both.patients else ()
    return of_both.beats, [(view, [one.confusion.tolist() for one in comparisons]) for view, comparisons in views]


@pytest.mark.parametrize("beats", [BEATS, None])
@pytest.mark.parametrize("patients", [made(), None])
def test_what_is_written_is_read_whatever_was_there_before(tmp_path, beats, patients):
    worlds.write(Worlds(BEATS, made(seed=1)), tmp_path)
    worlds.write(Worlds(beats, patients), tmp_path)
    assert flat(worlds.read(tmp_path)) == flat(Worlds(beats, patients))
