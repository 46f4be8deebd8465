import numpy as np
import pytest

from ecg.signal.hum import HumFilter, without_hum
from ecg.signal.resampling import resample
from ecg.synthetic import synthesize

TIME = np.arange(20 * 125) / 125
CLEAN = resample(synthesize(20, fs=250.0, seed=1).signals[0], 250.0)[: len(TIME)]


@pytest.mark.parametrize("mains", [49.95, 50.0, 60.0, 60.05])
def test_hum_that_lasts_is_taken_out(mains):
    humming = CLEAN + np.float32(0.3) * np.sin(2 * np.pi * mains * TIME).astype(np.float32)
    left = without_hum(humming) - without_hum(CLEAN)
    assert np.abs(left[4 * 125 :]).max() < 0.1


def test_what_is_no_hum_stays_within_a_few_hundredths_of_its_height():
    assert np.abs(without_hum(CLEAN) - CLEAN).max() < 0.03 * np.ptp(CLEAN)


def test_a_signal_that_stays_at_one_value_does_so_from_the_first_sample_on():
    np.testing.assert_allclose(without_hum(np.full(500, 7.0)), 7.0, rtol=1e-5)


def test_pieces_joined_are_the_whole_and_a_look_ahead_changes_nothing():
    hum = HumFilter()
    pieces = []
    for piece in np.split(CLEAN, [0, 1, 700, 701, 2000]):
        hum.peek(piece)
        pieces.append(hum.push(piece))
    np.testing.assert_allclose(np.concatenate(pieces), without_hum(CLEAN), atol=1e-6)
