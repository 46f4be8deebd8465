"""A batched classifier: it says what the classifier says, and leaves the solving to the workers.

That recordings, live signals and explanations are answered right by it is held by their own tests.
"""

import time

import anyio
import numpy as np
import pytest

from app.batching.batcher import ENOUGH, Batcher, TooLate
from app.batching.classifier import BatchedClassifier
from app.batching.worker import Worker
from app.metrics.metrics import Metrics
from app.registry.models import ServedModels
from ecg import BeatsInContext, InvalidBeats
from models import InvalidCoverage, NeedsRecording, Solver


@pytest.fixture(scope="module")
def served(checkpoints, rhythm_checkpoint):
    return ServedModels.load([str(checkpoints["odenet"]), str(rhythm_checkpoint)])


@pytest.fixture
def ask(served):
    """Ask a classifier in a thread beside the event loop in which its batcher is."""

    def asked(name, *question, urgency="bulk", until=float("inf"), metrics=None):
        async def run():
            usual = {"wait": 0.0, "most_beats": 256, "queue_beats": 1, "queue_seconds": 1.0}
            batcher = Batcher([Worker(60, lambda: None)], metrics=metrics or Metrics(), **usual)
            try:
                batched = BatchedClassifier(served.by_name[name], batcher, urgency, until)
                return await anyio.to_thread.run_sync(batched.classify, *question)
            finally:
                await batcher.close()

        return anyio.run(run)

    return asked


def test_it_says_what_the_classifier_says(ask, served, beats):
    solver = Solver(rtol=1e-2, atol=1e-2)
    many = np.resize(beats, (70, 187))  # more than are solved at once
    there = served.by_name["odenet"].classifier.classify(many, solver)
    here = ask("odenet", many, solver)
    np.testing.assert_allclose(here.probabilities, there.probabilities, atol=1e-5)
    np.testing.assert_array_equal(here.receipts.evaluations, there.receipts.evaluations)
    assert here.reasons == there.reasons and here.receipts.solver == solver


def test_so_it_does_of_beats_in_their_context(ask, served):
    model = served.by_name["rhythm_odenet"]
    rows = BeatsInContext(np.random.default_rng(0).normal(size=(90, 587)).astype(np.float32))
    there = model.classifier.classify(rows)
    np.testing.assert_allclose(ask("rhythm_odenet", rows).probabilities, there.probabilities, atol=1e-5)


def test_many_beats_are_bulk_whoever_asks(ask, beats):
    metrics = Metrics()
    for count in (ENOUGH, ENOUGH + 1):
        ask("odenet", np.resize(beats, (count, 187)), urgency="prompt", metrics=metrics)
    prompt = metrics.registry.get_sample_value("cardiode_batch_wait_seconds_count")  # in which bulk is not counted
    assert prompt == 1


def test_what_cannot_be_asked_is_told_as_the_classifier_tells_it(ask, beats):
    with pytest.raises(NeedsRecording):
        ask("rhythm_odenet", beats[:1])
    with pytest.raises(InvalidBeats):
        ask("odenet", np.zeros((2, 186)))
    with pytest.raises(InvalidCoverage):
        ask("odenet", beats[:1], None, 2.0)


def test_an_answer_that_would_be_of_no_use_any_more_is_not_waited_for(ask, beats):
    with pytest.raises(TooLate):
        ask("odenet", beats[:1], until=time.monotonic() - 1)
