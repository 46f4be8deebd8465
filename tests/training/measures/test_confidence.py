import numpy as np
import pytest

from models import Abstention
from models.decisions import Decisions
from training.measures.confidence import TOLD, measure_confidence
from training.reports.confidence import confidence_section

TABLE = Abstention(coverages=(0.5, 1.0), confidences=(0.9, 0.0))


def decisions(confidences, unlike=None):
    """Decisions for class 0, so confident."""
    rest = (1 - np.array(confidences)) / 4
    probabilities = np.stack([confidences, *[rest] * 4], axis=1).astype(np.float32)
    return Decisions(probabilities, None, unlike)


def test_the_risk_is_the_share_of_answers_that_are_wrong():
    truth = np.array([0, 0, 1, 1])
    told = measure_confidence(decisions([0.95, 0.92, 0.91, 0.5]), truth, TABLE)
    by_asked = {own.asked: own for own in told.coverages}
    assert tuple(by_asked) == TOLD
    assert (by_asked[1.0].answered, by_asked[1.0].risk) == (1.0, 0.5)
    assert by_asked[0.5].answered == 0.75 and by_asked[0.5].risk == pytest.approx(1 / 3)


def test_where_nothing_is_answered_there_is_no_risk():
    (*_, least) = measure_confidence(decisions([0.5, 0.6]), np.array([0, 0]), TABLE).coverages
    assert (least.asked, least.answered, least.risk) == (0.5, 0.0, None)
    told = measure_confidence(decisions([0.5]), np.array([0]), TABLE)
    assert "|50.0%|0.0%|-|" in "\n".join(confidence_section(told, "f.png", "none")).replace(" ", "")


def test_what_a_checkpoint_has_nothing_for_is_not_told():
    told = measure_confidence(decisions([0.5]), np.array([0]), None)
    assert told.coverages == () and told.unlike_training is None and len(told.reliability) == 1
    assert "unlike training" not in "\n".join(confidence_section(told, "f.png", "none"))


def test_the_share_of_beats_unlike_training_is_told():
    told = measure_confidence(decisions([0.5, 0.9], np.array([True, False])), np.array([0, 0]), TABLE)
    assert told.unlike_training == 0.5
