import pytest
import torch

from training.synthesis.augmentation import Augmentation


def generator():
    return torch.Generator().manual_seed(0)


def ramps(samples=50):
    """Beats that rise by 0.01 a sample, then padding."""
    beat = torch.cat((0.1 + 0.01 * torch.arange(samples), torch.zeros(20)))
    return beat.repeat(200, 1)


def test_without_anything_asked_beats_stay_as_they_are():
    torch.testing.assert_close(Augmentation().apply(ramps(), generator()), ramps(), rtol=0, atol=0)


def test_noise_has_its_size_and_leaves_padding_and_scale_alone():
    changed = Augmentation(noise=0.01).apply(ramps(), generator())
    assert (changed - ramps())[:, 5:45].std().item() == pytest.approx(0.01, rel=0.05)
    assert (changed[:, 50:] == 0).all() and changed.min() >= 0 and changed.max() <= 1


def test_a_shift_moves_each_beat_by_its_own_distance_within_the_limit():
    moved = (Augmentation(shift=2.0).apply(ramps(), generator()) - ramps())[:, 10:40] / 0.01
    assert moved.std(1).max() < 1e-3
    assert 1.9 < moved.abs().max() <= 2.001 and moved.mean().abs() < 0.3


def test_a_stretch_makes_time_run_faster_or_slower():
    changed = Augmentation(stretch=0.1).apply(ramps(), generator())
    speed = (changed[:, 35] - changed[:, 5]) / 0.3
    assert speed.min().item() == pytest.approx(0.9, abs=0.02)
    assert speed.max().item() == pytest.approx(1.1, abs=0.02)


def test_equal_seeds_change_beats_equally():
    one, same = (Augmentation(noise=0.1, shift=1, stretch=0.1).apply(ramps(), generator()) for _ in range(2))
    torch.testing.assert_close(one, same, rtol=0, atol=0)
