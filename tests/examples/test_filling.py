import pytest
import torch

from examples.filling import FASTEST, LATENT, BeatAutoencoder, Oscillators
from examples.heartbeats import TIMES, Heartbeats


@pytest.fixture
def equation():
    torch.manual_seed(0)
    return Oscillators()


@pytest.mark.parametrize(("place", "turns"), [(0, 0.5), (LATENT - 2, FASTEST)])
def test_at_first_the_equation_is_oscillators_that_fade_by_a_quarter_with_each_turn(equation, place, turns):
    for layer in equation.f.modules():
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.zeros_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
    equation.values = torch.nn.Linear(LATENT, 1, bias=False)
    with torch.no_grad():
        equation.values.weight.copy_(torch.eye(LATENT)[[place]])
        path = equation(torch.eye(LATENT)[[place]], TIMES)[0, :, 0]
    turned = 2 * torch.pi * turns * torch.arange(TIMES) / TIMES
    torch.testing.assert_close(path, (-turned / 20).exp() * turned.cos(), atol=0.05, rtol=0)


def test_a_beat_is_the_usual_one_where_nothing_is_left(equation):
    usual = torch.rand(TIMES)
    model = BeatAutoencoder(equation, usual)
    torch.nn.init.zeros_(equation.values[-1].weight)
    torch.nn.init.zeros_(equation.values[-1].bias)
    torch.testing.assert_close(model.decode(torch.randn(3, LATENT)), usual.expand(3, -1))


def test_what_is_not_seen_does_not_count_for_the_latent_state(equation):
    model = BeatAutoencoder(equation, torch.zeros(TIMES))
    beats, seen = torch.rand(2, TIMES), torch.ones(2, TIMES)
    seen[:, 50:] = 0
    other = torch.where(seen > 0, beats, torch.rand(2, TIMES))
    torch.testing.assert_close(model.encode(beats, seen), model.encode(other, seen))
    assert not torch.equal(model.encode(beats, seen)[0], model.encode(beats, torch.ones(2, TIMES))[0])


def test_the_zeros_that_fill_a_beat_up_do_not_count_for_the_loss(equation):
    model, seen = BeatAutoencoder(equation, torch.zeros(TIMES)), torch.zeros(2, TIMES)
    losses = []
    for tail in (0.0, 1.0):
        values = torch.zeros(2, TIMES)
        values[:, 100:] = tail
        torch.manual_seed(1)
        losses.append(model.loss(Heartbeats(values, torch.zeros(2, dtype=torch.long), torch.tensor([100, 100])), seen))
    assert losses[0] == losses[1]
    losses[0].backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
