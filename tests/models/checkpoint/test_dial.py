import numpy as np
import pytest
import torch

from models import AUTO, Auto, Classifier, Dial, NoSolver, Solver, Validated
from ode import InvalidSolver

CHEAP = Solver("heun_euler", rtol=1.0, atol=1.0, first_step=1.0)
TIGHT = Solver("dopri5", rtol=1e-5, atol=1e-5)


@pytest.fixture
def network(checkpoints):
    return Classifier.load(checkpoints["odenet"]).network


def automatic(network, doubt):
    return Classifier(network, Solver(), dial=Dial(validated=(), auto=Auto(cheap=CHEAP, tight=TIGHT, doubt=doubt)))


def test_a_beat_beyond_doubt_is_answered_by_the_cheap_solve_alone(network, beats):
    decisions = automatic(network, 0.0).classify(beats, Solver(AUTO))
    cheap = Classifier(network, CHEAP).classify(beats)
    np.testing.assert_allclose(decisions.probabilities, cheap.probabilities, atol=1e-6)
    receipt = decisions[0].receipt
    assert (receipt.method, receipt.stage, receipt.agreed, receipt.rtol) == (AUTO, "cheap", None, 1.0)
    assert receipt.evaluations == 2


def test_a_beat_in_doubt_is_solved_tightly_and_told_whether_both_agree(network, beats):
    decisions = automatic(network, 1e9).classify(beats, Solver(AUTO))
    cheap, tight = (Classifier(network, solver).classify(beats) for solver in (CHEAP, TIGHT))
    np.testing.assert_allclose(decisions.probabilities, tight.probabilities, atol=1e-6)
    for beat, decision in enumerate(decisions):
        receipt = decision.receipt
        assert (receipt.stage, receipt.rtol) == ("tight", 1e-5)
        assert receipt.agreed == (cheap.labels[beat] == tight.labels[beat])
        assert receipt.evaluations == cheap[beat].receipt.evaluations + tight[beat].receipt.evaluations


def sureness_of(network, beats):
    with torch.no_grad():
        output = network.eval()(torch.from_numpy(beats), CHEAP)
    first, second = output.logits.topk(2, 1).values.unbind(1)
    return ((first - second) / output.solution.cost.error).numpy()


def test_the_doubt_is_the_margin_against_the_error(network, beats):
    sureness = sureness_of(network, beats)
    doubt = float(np.sort(sureness)[20:22].mean())
    stages = [decision.receipt.stage for decision in automatic(network, doubt).classify(beats, Solver(AUTO))]
    assert stages == ["tight" if value <= doubt else "cheap" for value in sureness]


def test_a_beats_stage_and_answer_do_not_depend_on_its_batch(network, beats):
    classifier = automatic(network, float(np.sort(sureness_of(network, beats))[20:22].mean()))
    together = classifier.classify(beats, Solver(AUTO))
    assert 0 < together.receipts.tight.sum() < len(beats)
    for place in range(0, len(beats), 5):
        alone = classifier.classify(beats[place : place + 1], Solver(AUTO))
        np.testing.assert_allclose(alone.probabilities[0], together.probabilities[place], atol=1e-5)
        assert alone[0].receipt.stage == together[place].receipt.stage


@pytest.mark.parametrize("limit", [1, 2, 10, 20])
def test_both_solves_together_keep_the_limit(network, beats, limit):
    decisions = automatic(network, 1e9).classify(beats, Solver(AUTO, max_evaluations=limit))
    assert (decisions.receipts.evaluations <= limit).all()
    assert {decision.receipt.status for decision in decisions} == {"evaluations_exhausted"}
    assert decisions[0].label is None


def test_a_model_without_a_dial_refuses_auto(network, beats):
    with pytest.raises(InvalidSolver, match="no dial"):
        Classifier(network, Solver()).classify(beats, Solver(AUTO))


def test_a_network_without_a_solver_has_no_choice(checkpoints, beats):
    with pytest.raises(NoSolver):
        Classifier.load(checkpoints["resnet"]).classify(beats, Solver(AUTO))


DIAL = Dial(
    validated=(
        Validated(method="dopri5", tolerances=(1e-6, 1e-2)),
        Validated(method="rk4", steps=(0.1, 0.5)),
        Validated(method="implicit_euler", steps=(0.1, 0.5), tolerances=(0.0, 1e-3)),
    ),
    auto=Auto(cheap=CHEAP, tight=TIGHT, doubt=1.0),
)


@pytest.mark.parametrize(
    ("solver", "validated"),
    [
        (Solver(), True),
        (Solver(rtol=1e-2, atol=1e-2), True),
        (Solver(rtol=1e-1), False),
        (Solver(atol=1e-8), False),
        (Solver("tsit5"), False),
        (Solver("rk4", step=0.25), True),
        (Solver("rk4", step=1.0), False),
        (Solver("implicit_euler", step=0.25), True),
        (Solver("implicit_euler", step=0.25, rtol=1e-2), False),
        (Solver(AUTO), True),
    ],
)
def test_settings_are_validated_within_what_was_tried(network, beats, solver, validated):
    assert DIAL.covers(solver) is validated
    receipt = Classifier(network, Solver(), dial=DIAL).classify(beats[:1], solver)[0].receipt
    assert receipt.validated is validated


def test_without_a_dial_nothing_is_validated(network, beats):
    assert not Classifier(network, Solver()).classify(beats[:1])[0].receipt.validated
