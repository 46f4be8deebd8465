import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import LABELS
from models import Abstention, Classifier, Solver
from models.decisions import Decisions
from ode import methods
from training.measures.scores import (
    BINS,
    COVERAGES,
    MOST_EVALUATIONS,
    STEPS,
    TOLERANCES,
    expected_calibration_error,
    measure_confidence,
    measure_grid,
    measure_reliability,
    reference_labels,
    score,
)

TABLE = Abstention(coverages=(0.5, 1.0), confidences=(0.9, 0.0))


def test_perfect_labels_score_one():
    truth = np.arange(5).repeat(3)
    result = score(truth, truth)
    assert result.accuracy == result.macro_f1 == 1
    assert result.confusion == (3 * np.eye(5, dtype=int)).tolist()


def test_scores_are_those_of_the_definitions():
    truth = np.array([0, 0, 0, 0, 2, 2, 1, 3, 4])
    given = np.array([0, 0, 0, 2, 2, 0, 1, 3, 4])
    result = score(truth, given)
    assert result.accuracy == pytest.approx(7 / 9)
    v = result.classes["V"]
    assert (v.precision, v.recall, v.f1, v.beats) == (0.5, 0.5, 0.5, 2)
    assert result.macro_f1 == pytest.approx((0.75 + 1 + 0.5 + 1 + 1) / 5)
    assert list(result.classes) == list(LABELS)


def test_a_beat_without_a_label_is_wrong_and_in_no_column():
    result = score(np.array([0, 0]), np.array([0, -1]))
    assert result.accuracy == 0.5
    assert np.sum(result.confusion) == 1


def test_a_class_never_given_scores_zero_and_does_not_fail():
    assert score(np.array([1, 1]), np.array([0, 0])).macro_f1 == 0


def of(confidences):
    """Probabilities of two classes, the first the likelier."""
    first = np.array(confidences, dtype=np.float64)
    return np.stack([first, 1 - first], axis=1)


def test_the_error_is_that_of_the_definition():
    confidences = [0.95] * 10 + [0.62] * 5
    truth = np.array([0] * 8 + [1] * 2 + [0] * 5)
    bins = measure_reliability(of(confidences), truth)
    assert [(own.accuracy, own.beats) for own in bins] == [(1.0, 5), (0.8, 10)]
    assert [own.confidence for own in bins] == pytest.approx([0.62, 0.95])
    assert expected_calibration_error(bins) == pytest.approx((5 * 0.38 + 10 * 0.15) / 15)


@pytest.mark.parametrize("edge", range(8, BINS + 1))
def test_a_bin_holds_its_upper_edge(edge):
    above = min((edge + 1e-6) / BINS, 1.0)
    bins = measure_reliability(of([(edge - 1e-6) / BINS, edge / BINS, above]), np.zeros(3, dtype=np.int64))
    assert [own.beats for own in bins] == ([2, 1] if edge < BINS else [3])


def test_answers_that_are_right_as_often_as_they_say_have_next_to_no_error():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 200_000)
    truth = (rng.random(len(confidence)) > confidence).astype(np.int64)
    assert expected_calibration_error(measure_reliability(of(confidence), truth)) < 0.005
    assert expected_calibration_error(measure_reliability(of(confidence), 1 - truth)) > 0.3


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.5, 1), st.booleans()), min_size=1, max_size=60))
def test_bins_hold_every_beat_once_and_the_error_is_a_share(beats):
    bins = measure_reliability(of([own for own, _ in beats]), np.array([int(not right) for _, right in beats]))
    assert sum(own.beats for own in bins) == len(beats)
    assert [own.confidence for own in bins] == sorted(own.confidence for own in bins)
    assert 0 <= expected_calibration_error(bins) <= 1


def test_no_beats_have_no_error():
    assert expected_calibration_error(measure_reliability(of([]), np.array([], dtype=np.int64))) == 0


def decisions(confidences, unlike=None):
    """Decisions for class 0, so confident."""
    rest = (1 - np.array(confidences)) / 4
    probabilities = np.stack([confidences, *[rest] * 4], axis=1).astype(np.float32)
    return Decisions(probabilities, None, unlike)


def test_the_risk_is_the_share_of_answers_that_are_wrong():
    truth = np.array([0, 0, 1, 1])
    told = measure_confidence(decisions([0.95, 0.92, 0.91, 0.5]), truth, TABLE)
    by_asked = {own.asked: own for own in told.coverages}
    assert tuple(by_asked) == COVERAGES
    assert (by_asked[1.0].answered, by_asked[1.0].risk) == (1.0, 0.5)
    assert by_asked[0.5].answered == 0.75 and by_asked[0.5].risk == pytest.approx(1 / 3)


def test_where_nothing_is_answered_there_is_no_risk():
    (*_, least) = measure_confidence(decisions([0.5, 0.6]), np.array([0, 0]), TABLE).coverages
    assert (least.asked, least.answered, least.risk) == (0.5, 0.0, None)


def test_what_a_checkpoint_has_nothing_for_is_not_told():
    told = measure_confidence(decisions([0.5]), np.array([0]), None)
    assert told.coverages == () and told.unlike_training is None and len(told.reliability) == 1


def test_the_share_of_beats_unlike_training_is_told():
    told = measure_confidence(decisions([0.5, 0.9], np.array([True, False])), np.array([0, 0]), TABLE)
    assert told.unlike_training == 0.5


@pytest.fixture(scope="module")
def odenet(checkpoints):
    return Classifier.load(checkpoints["odenet"])


@pytest.fixture(scope="module")
def grid(odenet, small):
    return measure_grid(odenet, small.validation)


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
    assert measure_grid(Classifier.load(checkpoints["resnet"]), small.validation) == ()


def test_shares_are_shares(grid):
    for cell in grid:
        assert 0 <= cell.accuracy <= 1 and 0 <= cell.agreement <= 1
        assert np.isfinite(cell.evaluations) and cell.milliseconds > 0
