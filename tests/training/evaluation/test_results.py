import pytest

from tests.training.synthetic import patients_of_matrices
from training.errors import UnexpectedData
from training.evaluation.evaluation import Evaluation, SweepPoint
from training.evaluation.results import Results
from training.measures.scores import Cell, ClassScore, Score

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
@pytest.mark.parametrize("patients", [patients_of_matrices(), None])
def test_what_is_written_is_read_whatever_was_there_before(tmp_path, beats, patients):
    Results(BEATS, patients_of_matrices(seed=1)).save(tmp_path)
    Results(beats, patients).save(tmp_path)
    assert flat(Results.load(tmp_path)) == flat(Results(beats, patients))


@pytest.mark.parametrize("content", ["", "{", '{"score": 1}'])
def test_a_file_that_holds_no_evaluation_is_refused(tmp_path, content):
    (tmp_path / "evaluation.json").write_text(content)
    with pytest.raises(UnexpectedData, match=r"evaluation\.json does not hold an evaluation"):
        Results.load(tmp_path)
