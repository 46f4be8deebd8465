import numpy as np

from training.evaluation.evaluation import Evaluation
from training.measures.scores import Bin, Confidence, Covered, score
from training.reports.evaluation import confidence_section, evaluation_report

BINS = (Bin(0.5, 0.5, 1),)


def test_a_coverage_at_which_nothing_is_answered_has_no_risk():
    lines = confidence_section(Confidence(BINS, (Covered(0.5, 0.0, None),)), "f.png", "none")
    assert "|50.0%|0.0%|-|" in "\n".join(lines).replace(" ", "")


def test_what_was_not_measured_is_not_reported():
    assert "unlike training" not in "\n".join(confidence_section(Confidence(BINS), "f.png", "none"))
    reached = Evaluation(score(np.arange(5), np.arange(5)))
    assert "calibration" not in evaluation_report(reached) and "setting" not in evaluation_report(reached)
