import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.checkpoint.abstention import ALL, LEAST
from training.posthoc.abstention import COVERAGES, fit_abstention

CONFIDENCES = np.random.default_rng(0).beta(5, 1, 3000).astype(np.float32)


@pytest.mark.parametrize("coverage", COVERAGES)
def test_the_share_that_is_asked_for_has_the_confidence(coverage):
    needed = fit_abstention(CONFIDENCES).confidence(coverage)
    assert np.mean(needed <= CONFIDENCES) == pytest.approx(coverage, abs=1 / len(CONFIDENCES))


@given(st.floats(LEAST, ALL))
def test_so_it_is_between_two_coverages_of_the_table(coverage):
    needed = fit_abstention(CONFIDENCES).confidence(coverage)
    assert np.mean(needed <= CONFIDENCES) == pytest.approx(coverage, abs=0.004)


def test_a_network_that_is_always_sure_answers_everything():
    needed = fit_abstention(np.ones(50, np.float32))
    assert all(needed.confidence(coverage) <= 1 for coverage in COVERAGES)
