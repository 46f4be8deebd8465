import pytest
import torch

from examples.latent import Autoencoder, Equation, Recurrence, choose, divergence, pick, sample


@pytest.fixture
def equation():
    torch.manual_seed(0)
    return Equation(latent=3, width=8, values=2, gap=0.1, step=0.2)


def test_places_are_some_of_those_there_are_in_order():
    places = choose(100, 20, 7)
    assert places.shape == (100, 7) and (places.diff(dim=1) > 0).all()
    assert set(places.flatten().tolist()) == set(range(20)), "each may be chosen"


def test_what_is_picked_is_what_is_there():
    values, places = torch.randn(4, 20, 2), choose(4, 20, 7)
    torch.testing.assert_close(pick(values, places)[2, 5], values[2, places[2, 5]])


def test_values_follow_the_equation_whose_solve_they_need_not_end_a_step_of(equation):
    z = torch.randn(5, 3)
    finer = Equation(latent=3, width=8, values=2, gap=0.1, step=0.05)
    finer.load_state_dict(equation.state_dict())
    torch.testing.assert_close(equation(z, 12), finer(z, 12), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(equation(z, 12)[:, 0], equation.values(z))


def test_values_of_a_recurrence_at_earlier_times_do_not_depend_on_how_many_are_asked_for():
    torch.manual_seed(0)
    recurrence, z = Recurrence(latent=3, width=8, values=2), torch.randn(5, 3)
    torch.testing.assert_close(recurrence(z, 12)[:, :4], recurrence(z, 4))


def test_the_bound_is_that_of_the_evidence(equation):
    """By a loss whose encoder is certain, and whose noise is 1: half the squares, and the divergence from N(0, 1)."""
    model = Autoencoder(equation, values=2, latent=3, width=8, noise=1.0)
    torch.nn.init.zeros_(model.latent.weight)
    model.latent.bias.data = torch.tensor([0.5, 0.0, -1.0, -40.0, -40.0, -40.0])
    seen, places = torch.randn(4, 5, 2), choose(4, 9, 5)
    mean, deviation = torch.tensor([0.5, 0.0, -1.0]), torch.full((3,), -20.0).exp()
    posterior, prior = torch.distributions.Normal(mean, deviation), torch.distributions.Normal(0.0, 1.0)
    divergence = torch.distributions.kl_divergence(posterior, prior).sum()
    misfit = (pick(equation(mean.expand(4, 3), 9), places) - seen).square().sum(dim=(1, 2)) / 2
    torch.testing.assert_close(model.loss(seen, places, 9), (misfit + divergence).mean())


def test_when_something_was_seen_counts(equation):
    model, seen = Autoencoder(equation, values=2, latent=3, width=8, noise=1.0), torch.randn(1, 3, 2)
    early, late = (model.encode(seen, torch.tensor([places]))[0] for places in ([0, 1, 2], [0, 1, 8]))
    later, _ = model.encode(seen, torch.tensor([[5, 6, 7]]))
    assert not torch.allclose(early, late) and not torch.allclose(early, later)


def test_the_divergence_is_that_of_torch_and_none_from_itself():
    mean, log_variance = torch.randn(6, 3), torch.randn(6, 3)
    own = torch.distributions.Normal(mean, (log_variance / 2).exp())
    expected = torch.distributions.kl_divergence(own, torch.distributions.Normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(divergence(mean, log_variance), expected)
    assert (divergence(torch.zeros(2, 3), torch.zeros(2, 3)) == 0).all()


def test_samples_have_the_mean_and_the_variance_asked_for():
    torch.manual_seed(0)
    drawn = sample(torch.full((20_000, 1), 2.0), torch.full((20_000, 1), 0.5).log())
    assert drawn.mean().item() == pytest.approx(2.0, abs=0.03) and drawn.var().item() == pytest.approx(0.5, abs=0.03)
