import numpy as np
import pytest
import torch

from ecg import LABELS
from training.learning.sampling import Mixed, Mixture, Thinned

LABELLED = torch.tensor([0] * 400 + [1] * 20 + [2] * 60 + [3] * 5 + [4] * 15)
RECORDINGS = np.array(["a"] * 300 + ["b"] * 100 + ["a"] * 16 + ["b"] * 4 + ["a"] * 60 + ["b"] * 5 + ["a"] * 15)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_nothing_thinned_takes_every_beat_once():
    order = Thinned(LABELLED, {}).epoch(generator())
    assert sorted(order.tolist()) == list(range(len(LABELLED)))


def test_a_class_is_thinned_to_its_share_and_drawn_anew():
    sampling = Thinned(LABELLED, {"N": 0.25})
    first, second = sampling.epoch(generator(1)), sampling.epoch(generator(2))
    assert torch.bincount(LABELLED[first], minlength=5).tolist() == [100, 20, 60, 5, 15]
    assert len(set(first.tolist())) == len(first) == sampling.size
    assert set(first.tolist()) != set(second.tolist())


def test_what_corrects_the_logits_is_the_logarithm_of_the_share():
    torch.testing.assert_close(Thinned(LABELLED, {"N": 0.25}).log_shares.exp(), torch.tensor([0.25, 1, 1, 1, 1]))


@pytest.fixture
def mixed():
    return Mixed(LABELLED, RECORDINGS, Mixture(beats=40_000, classes={"N": 0.5, "S": 0.2, "V": 0.3}))


def test_a_mixture_has_each_class_as_often_as_it_says(mixed):
    drawn = LABELLED[mixed.epoch(generator())]
    shares = torch.bincount(drawn, minlength=len(LABELS)) / len(drawn)
    assert len(drawn) == mixed.size == 40_000
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.2, 0.3, 0.0, 0.0]), atol=0.02, rtol=0)


def test_within_a_class_recordings_count_by_the_root_of_their_beats(mixed):
    drawn = mixed.epoch(generator())
    of_s = RECORDINGS[drawn[LABELLED[drawn] == 1].numpy()]
    assert np.mean(of_s == "a") == pytest.approx(4 / (4 + 2), abs=0.03)


def test_equal_generators_draw_the_same(mixed):
    assert torch.equal(mixed.epoch(generator(3)), mixed.epoch(generator(3)))
