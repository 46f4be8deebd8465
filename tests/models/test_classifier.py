import math
from dataclasses import replace

import numpy as np
import pytest

from ecg import LABELS, BeatsInContext, InvalidBeat, InvalidBeats
from models import AUTO, Classifier, NeedsRecording, NoSolver, Solver, UnknownModel, WrongReferenceAnswers
from models.checkpoint import file as checkpoint_file
from ode import UnknownMethod


@pytest.fixture(params=["odenet", "resnet"])
def classifier(request, checkpoints):
    return Classifier.load(checkpoints[request.param])


def test_each_beat_gets_a_label_and_probabilities_that_add_up(classifier, beats):
    for decision in classifier.classify(beats):
        assert sum(decision.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert decision.label == max(decision.probabilities, key=decision.probabilities.get)
        assert not decision.abstained and decision.reason is None


def test_a_beats_answer_does_not_depend_on_its_batch(classifier, beats):
    together = classifier.classify(np.concatenate([beats] * 10)).probabilities  # more than one chunk
    alone = np.concatenate([classifier.classify(beats[i : i + 1]).probabilities for i in range(len(beats))])
    np.testing.assert_allclose(together, np.concatenate([alone] * 10), atol=1e-5)


def test_only_a_network_with_a_solver_gives_receipts(checkpoints, beats):
    receipt = Classifier.load(checkpoints["odenet"]).classify(beats)[0].receipt
    assert (receipt.method, receipt.rtol, receipt.status) == ("dopri5", 1e-3, "ok")
    assert receipt.evaluations == 2 + 6 * (receipt.accepted + receipt.rejected)
    assert Classifier.load(checkpoints["resnet"]).classify(beats)[0].receipt is None


def test_a_solve_that_hits_its_limit_has_no_label_and_says_why(checkpoints, beats):
    odenet = Classifier.load(checkpoints["odenet"])
    tight = Solver(rtol=1e-6, atol=1e-6, max_evaluations=26)
    decisions = odenet.classify(beats, tight)
    assert decisions[0].label is None and decisions[0].probabilities is None
    assert decisions[0].receipt.status == "evaluations_exhausted"
    assert decisions.labels.tolist() == [-1] * len(beats)


@pytest.mark.parametrize("solver", [None, Solver(AUTO), Solver("implicit_euler", step=0.5)])
def test_a_solve_that_is_broken_off_at_its_deadline_has_no_label_and_tells_what_it_has_cost(checkpoints, beats, solver):
    odenet = Classifier.load(checkpoints["odenet"])
    late = odenet.decide(beats, solver, deadline=-math.inf)
    assert {decision.receipt.status for decision in late} == {"deadline"}
    assert late.labels.tolist() == [-1] * len(beats)
    assert (late.receipts.evaluations > 0).all()


def test_a_deadline_that_does_not_come_changes_nothing(classifier, beats):
    np.testing.assert_array_equal(
        classifier.decide(beats, None, deadline=math.inf).probabilities, classifier.classify(beats).probabilities
    )


def test_a_beat_that_fails_leaves_the_others_untouched(beats):
    odenet = Classifier.load("odenet")
    tight = Solver(rtol=1e-5, atol=1e-5)
    whole = odenet.classify(beats, tight)
    costs = whole.receipts.evaluations
    limit = int(costs.min())
    assert limit < costs.max()
    cut = odenet.classify(beats, replace(tight, max_evaluations=limit))
    within = costs <= limit
    assert (cut.solved == within).all() and within.any()
    np.testing.assert_allclose(cut.probabilities[within], whole.probabilities[within], atol=1e-5)


def test_solver_settings_for_a_network_without_one_are_refused(checkpoints, beats):
    with pytest.raises(NoSolver):
        Classifier.load(checkpoints["resnet"]).classify(beats, Solver())


def test_an_unknown_method_is_refused(checkpoints, beats):
    with pytest.raises(UnknownMethod):
        Classifier.load(checkpoints["odenet"]).classify(beats, Solver(method="magic"))


def test_what_is_no_beat_is_refused(classifier):
    with pytest.raises(InvalidBeats):
        classifier.classify(np.zeros((3, 10)))
    with pytest.raises(InvalidBeat, match="beat 1"):
        classifier.classify(np.stack([np.zeros(187), np.full(187, np.nan)]))


def test_a_name_that_is_neither_in_the_zoo_nor_a_file_is_told_with_the_zoos(tmp_path):
    with pytest.raises(UnknownModel, match="the zoo has"):
        Classifier.load(tmp_path / "nothing.safetensors")


def test_a_checkpoint_that_answers_its_reference_beats_otherwise_is_refused(checkpoints, tmp_path):
    good = checkpoint_file.load(checkpoints["resnet"])
    wrong = good.reference_probabilities.roll(1, dims=1)
    file = tmp_path / "wrong.safetensors"
    checkpoint_file.save(type(good)(good.info, good.weights, good.reference_beats, wrong), file)
    with pytest.raises(WrongReferenceAnswers, match="off by"):
        Classifier.load(file)


def test_there_are_as_many_probabilities_as_classes(classifier, beats):
    assert classifier.classify(beats).probabilities.shape == (len(beats), len(LABELS))


@pytest.fixture
def rhythm_classifier(rhythm_checkpoint):
    return Classifier.load(rhythm_checkpoint)


def test_a_classifier_of_recordings_says_that_it_is_one(classifier, rhythm_classifier):
    assert rhythm_classifier.in_context and not classifier.in_context


def test_it_decides_on_beats_in_their_context_with_a_receipt(rhythm_classifier, beats_in_context):
    decisions = rhythm_classifier.classify(beats_in_context)
    assert len(decisions) == len(beats_in_context)
    for decision in decisions:
        assert sum(decision.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert (decision.receipt.method, decision.receipt.status) == ("dopri5", "ok")


def test_its_answer_does_not_depend_on_the_batch_either(rhythm_classifier, beats_in_context):
    many = BeatsInContext.joined([beats_in_context] * 7)  # more than one chunk
    together = rhythm_classifier.classify(many).probabilities
    one_by_one = [beats_in_context.select(np.array([beat])) for beat in range(len(beats_in_context))]
    alone = np.concatenate([rhythm_classifier.classify(one).probabilities for one in one_by_one])
    np.testing.assert_allclose(together, np.concatenate([alone] * 7), atol=1e-5)


def test_it_obeys_the_solver_that_a_call_asks_for(rhythm_classifier, beats_in_context):
    receipts = rhythm_classifier.classify(beats_in_context, Solver("euler", step=0.25)).receipts
    assert (receipts.evaluations == 4).all()


def test_beats_by_themselves_are_refused_by_it_with_what_to_do(rhythm_classifier, beats):
    with pytest.raises(NeedsRecording, match="/recordings, or name a model that takes beats"):
        rhythm_classifier.classify(beats)


def test_beats_in_their_context_are_refused_by_the_others(classifier, beats_in_context):
    with pytest.raises(InvalidBeats, match="got beats in their context"):
        classifier.classify(beats_in_context)


def test_a_classifier_of_recordings_that_answers_its_reference_beats_otherwise_is_refused(rhythm_checkpoint, tmp_path):
    good, file = checkpoint_file.load(rhythm_checkpoint), tmp_path / "wrong.safetensors"
    checkpoint_file.save(replace(good, reference_probabilities=good.reference_probabilities.roll(1, dims=1)), file)
    with pytest.raises(WrongReferenceAnswers, match="off by"):
        Classifier.load(file)
