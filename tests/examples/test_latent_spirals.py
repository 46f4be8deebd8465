import pytest
import torch

from examples import latent_spirals
from examples.latent_spirals import SEEN, draw_spirals


@pytest.fixture(scope="module")
def found():
    return latent_spirals.study(latent_spirals.SMALLEST)


def test_half_of_the_spirals_turn_either_way_round():
    x, y = draw_spirals(10).unbind(2)
    turned = torch.sign(x[:, :-1] * y[:, 1:] - y[:, :-1] * x[:, 1:])
    assert (turned[:5] == 1).all() and (turned[5:] == -1).all()


@pytest.mark.parametrize("count", SEEN)
def test_the_rnn_has_learnt(found, count):
    assert found.errors["RNN", count].within < 0.8 * found.errors["mean", count].within


@pytest.mark.parametrize("count", SEEN)
def test_reconstruction_by_the_equation_beats_the_rnn_s(found, count):
    assert found.errors["ODE", count].within < 0.9 * found.errors["RNN", count].within


@pytest.mark.parametrize("count", SEEN)
def test_extrapolation_by_the_equation_beats_the_rnn_s(found, count):
    assert found.errors["ODE", count].beyond < found.errors["RNN", count].beyond


def test_it_shows_what_it_found(found, shown):
    assert f"{found.errors['ODE', SEEN[0]].beyond:.3f}" in shown(latent_spirals, found)
