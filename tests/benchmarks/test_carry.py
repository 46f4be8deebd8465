from dataclasses import replace

import numpy as np
import pytest

from benchmarks.carry import mean
from training.errors import UnexpectedData
from training.learning.crossvalidation import OutOfFold

PROBABILITIES = np.array([[0.7, 0.2, 0.05, 0.03, 0.02], [0.1, 0.6, 0.1, 0.1, 0.1], [np.nan] * 5])
OUT = OutOfFold(
    PROBABILITIES, np.array([0, 1, 0]), np.array(["100", "100", "800"]), np.array([10, 20, 30]), np.array(["mitdb"] * 3)
)


def test_the_mean_of_a_run_with_itself_is_that_run():
    assert mean([OUT, OUT]).probabilities == pytest.approx(PROBABILITIES, nan_ok=True)


def test_the_mean_is_that_of_logits_and_what_one_run_does_not_decide_on_nobody_does():
    other = replace(OUT, probabilities=PROBABILITIES[:, ::-1].copy())
    both = mean([OUT, other]).probabilities
    geometric = np.sqrt(PROBABILITIES * other.probabilities)
    assert both == pytest.approx(geometric / geometric.sum(axis=1, keepdims=True), nan_ok=True)
    other.probabilities[0] = np.nan
    assert np.isnan(mean([OUT, other]).probabilities[0]).all()


@pytest.mark.parametrize("field", ["peaks", "recordings"])
def test_runs_over_other_beats_have_no_mean(field):
    other = replace(OUT, **{field: getattr(OUT, field)[::-1].copy()})
    with pytest.raises(UnexpectedData, match="different beats"):
        mean([OUT, other])
    with pytest.raises(UnexpectedData, match="different beats"):
        mean([OUT, OUT.select(np.array([True, True, False]))])
