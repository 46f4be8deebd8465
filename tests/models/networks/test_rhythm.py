from typing import get_args

import pytest
import torch

from ecg.context.context import RHYTHM_LENGTH
from models import Solver
from models.networks.architecture import RhythmODENetArchitecture
from models.networks.rhythm import LIMIT
from ode import Gradient


@pytest.fixture
def network():
    return built()


def built(**settings):
    torch.manual_seed(0)
    return RhythmODENetArchitecture(**settings).build(5).eval()


@pytest.fixture
def rows(beats_in_context):
    return torch.from_numpy(beats_in_context.values)


def logits(network, rows, solver=None):
    with torch.no_grad():
        return network(rows, solver).logits


def test_it_has_104_000_parameters(network):
    assert round(sum(parameter.numel() for parameter in network.parameters()), -3) == 104_000


def test_a_beats_answer_and_cost_do_not_depend_on_its_batch(network, rows):
    strangers = 50 * torch.randn(7, rows.shape[1], generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        together = network(torch.cat([strangers, rows]))
        alone = [network(rows[beat : beat + 1]) for beat in range(len(rows))]
    torch.testing.assert_close(together.logits[7:], torch.cat([one.logits for one in alone]), atol=1e-5, rtol=0)
    evaluations = torch.cat([one.solution.cost.evaluations for one in alone])
    torch.testing.assert_close(together.solution.cost.evaluations[7:], evaluations)


def test_both_views_and_rhythm_are_listened_to(network, rows):
    views, rhythm = rows.clone(), rows.clone()
    views[:, :-RHYTHM_LENGTH] = rows[:, :-RHYTHM_LENGTH].flip(0)
    rhythm[:, -RHYTHM_LENGTH:] = rows[:, -RHYTHM_LENGTH:].flip(0)
    for changed in (views, rhythm):
        assert (logits(network, changed) - logits(network, rows)).abs().max() > 1e-3


def test_what_the_rhythm_says_is_where_the_solve_begins(network, rows):
    rows = torch.cat([rows, rows])
    rows[len(rows) // 2 :, -RHYTHM_LENGTH:] += 1.0
    with torch.no_grad():
        states = network(rows).solution.states
    assert (states[: len(rows) // 2] - states[len(rows) // 2 :]).abs().mean() > 1e-2


def test_numbers_of_the_rhythm_beyond_five_standard_deviations_say_no_more(network, rows):
    network.standardized.running_var.fill_(4.0)
    far, further = rows.clone(), rows.clone()
    far[:, -1], further[:, -1] = 2 * LIMIT + 0.1, 1e6
    torch.testing.assert_close(logits(network, further), logits(network, far))
    far[:, -1] = 2 * LIMIT - 1
    assert (logits(network, further) - logits(network, far)).abs().max() > 1e-4


def test_the_rhythm_is_held_against_that_of_the_training_beats(network, rows):
    network.train()
    with torch.no_grad():
        for _ in range(100):
            network(rows, Solver("euler", step=1.0))
    network.eval()
    with torch.no_grad():
        standardized = network.standardized(rows[:, -RHYTHM_LENGTH:])
    spread = rows[:, -RHYTHM_LENGTH:].std(dim=0) > 0.01
    torch.testing.assert_close(standardized.mean(dim=0), torch.zeros(RHYTHM_LENGTH), atol=0.02, rtol=0)
    torch.testing.assert_close(standardized.std(dim=0)[spread], torch.ones(int(spread.sum())), atol=0.1, rtol=0)


def test_dropout_makes_training_differ_from_time_to_time_and_serving_never(rows):
    network = built(dropout=0.5)
    torch.testing.assert_close(logits(network, rows), logits(network, rows), atol=0, rtol=0)
    network.train()
    assert (logits(network, rows) - logits(network, rows)).abs().max() > 1e-3
    without = built(dropout=0.0).train()
    torch.testing.assert_close(logits(without, rows), logits(without, rows), atol=0, rtol=0)


def test_its_solver_is_its_own_unless_a_call_says_otherwise(rows):
    network = built(solver=Solver("rk4", step=0.5))
    with torch.no_grad():
        assert (network(rows).solution.cost.evaluations == 8).all()
        assert (network(rows, Solver("euler", step=0.2)).solution.cost.evaluations == 5).all()


@pytest.mark.parametrize("gradient", get_args(Gradient))
def test_every_parameter_gets_a_gradient(gradient, rows):
    network = built(gradient=gradient).train()
    network(rows[:8]).logits.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.any(), name


def test_it_trains_under_autocast_near_what_it_does_without(rows):
    def gradients(enabled):
        network = built(dropout=0.0).train()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            output = network(rows[:8])
        assert output.solution.states.dtype == torch.float32
        output.logits.float().square().sum().backward()
        return torch.cat([parameter.grad.flatten() for parameter in network.parameters()])

    assert torch.cosine_similarity(gradients(True), gradients(False), dim=0) > 0.95


def test_it_tells_the_error_of_its_solver_while_it_is_trained_alone(network, rows):
    assert network.train()(rows[:2]).solver_error > 0
    assert network.eval()(rows[:2]).solver_error is None
