import pytest
import torch
from torch import nn

from examples import spans
from examples.fitting import descend
from examples.spans import follow, misfit, misfit_of_draw, observe


class Turning(nn.Module):
    """A rotation, with a rate that can be learnt."""

    def __init__(self, rate):
        super().__init__()
        self.rate = nn.Parameter(torch.tensor(rate, dtype=torch.float64))

    def forward(self, t, z):
        return self.rate * torch.stack((-z[:, 1], z[:, 0]), 1)


START = torch.tensor([1.0, 0.0], dtype=torch.float64)


@pytest.fixture
def observed():
    with torch.no_grad():
        return observe(Turning(0.9), START, 12.0, 121, 0.0)


def test_a_trajectory_is_followed_from_where_it_starts(observed):
    angles = 0.9 * observed.times
    torch.testing.assert_close(observed.true, torch.stack((angles.cos(), angles.sin()), 1), atol=1e-4, rtol=0)
    assert torch.equal(follow(Turning(0.9), START, observed.times), observed.true)


def test_noise_is_as_large_as_asked_for():
    torch.manual_seed(0)
    observed = observe(lambda t, z: -z, START, 12.0, 2001, 0.3)
    assert (observed.seen - observed.true).std() == pytest.approx(0.3, rel=0.05)


def test_spans_are_all_stretches_of_their_length(observed):
    times, seen = observed.spans(2.5)
    assert times[-1] == pytest.approx(2.5) and seen.shape == (26, 121 - 25, 2)
    for start in (0, 40, 95):
        assert torch.equal(seen[:, start], observed.seen[start : start + 26])


def test_the_true_dynamics_fit_every_span_and_others_do_not(observed):
    times, seen = observed.spans(2.5)
    assert misfit(Turning(0.9), seen[0], times, seen) < 1e-6 < 1e-2 < misfit(Turning(0.8), seen[0], times, seen)


def test_a_draw_has_at_most_32_observations_of_1_to_5(monkeypatch):
    observed = spans.observe(Turning(0.9).requires_grad_(False), START)
    drawn = []

    def misfit(f, starts, times, seen, tolerance):
        drawn.append((starts, times, seen))
        return torch.zeros(())

    monkeypatch.setattr(spans, "misfit", misfit)
    for _ in range(200):
        misfit_of_draw(Turning(0.8), observed)
    assert (
        1 - 0.08 < min(times[-1] for _, times, _ in drawn) < 1.2 and 4.8 < max(times[-1] for _, times, _ in drawn) < 5
    )
    assert max(len(times) for _, times, _ in drawn) == 32
    for starts, times, seen in drawn:
        assert seen.shape == (len(times), 32, 2) and torch.equal(starts, seen[0])


def test_dynamics_are_learnt_from_draws(observed):
    torch.manual_seed(0)
    turning = Turning(0.5)
    descend(lambda: misfit_of_draw(turning, observed), turning.parameters(), 60, 0.05)
    assert turning.rate.item() == pytest.approx(0.9, rel=0.01)
