"""A batched decider: its decisions are those of the classifier, and it leaves the solving to the workers.

That recordings, live signals and explanations are answered right by it is held by their own tests.
"""

import time

import anyio
import numpy as np
import pytest

from app.batching.batcher import ENOUGH, Batcher
from app.batching.decider import UNLIMITED, BatchedDecider, TimeLimit
from app.batching.worker import Worker
from app.errors import TooLate
from app.metrics.metrics import Metrics
from app.registry.models import ServedModels
from ecg import BeatsInContext
from models import Plan, Solver


@pytest.fixture(scope="module")
def served(checkpoints, rhythm_checkpoint):
    return ServedModels.load([str(checkpoints["odenet"]), str(rhythm_checkpoint)])


@pytest.fixture
def decide():
    """Decide in a thread beside the event loop in which the batcher is."""

    def decide(plan, beats, urgency="bulk", limit=UNLIMITED, metrics=None):
        async def run():
            usual = {"wait": 0.0, "most_beats": 256, "queue_beats": 1, "queue_seconds": 1.0}
            batcher = Batcher([Worker(60, lambda: None)], metrics=metrics or Metrics(), **usual)
            try:
                return await anyio.to_thread.run_sync(BatchedDecider(batcher, urgency, limit), plan, beats)
            finally:
                await batcher.close()

        return anyio.run(run)

    return decide


def test_it_decides_as_the_plan_does_in_this_process(decide, served, beats):
    plan = Plan.of(served.by_name["odenet"], "beats", Solver(rtol=1e-2, atol=1e-2))
    many = np.resize(beats, (70, 187))  # more than are solved at once
    there, here = plan.decide(many), decide(plan, many)
    np.testing.assert_allclose(here.probabilities, there.probabilities, atol=1e-5)
    np.testing.assert_array_equal(here.receipts.evaluations, there.receipts.evaluations)
    assert here.reasons == there.reasons and here.receipts.solver == plan.solver


def test_so_it_does_of_beats_in_their_context(decide, served):
    plan = Plan.of(served.by_name["rhythm_odenet"], "recording")
    rows = BeatsInContext(np.random.default_rng(0).normal(size=(90, 587)).astype(np.float32))
    np.testing.assert_allclose(decide(plan, rows).probabilities, plan.decide(rows).probabilities, atol=1e-5)


def test_it_abstains_where_the_plan_does(decide, served, beats):
    plan = Plan(served.by_name["odenet"], Solver(), least_confidence=1.0)
    assert decide(plan, beats[:2]).reasons == ["low_confidence"] * 2


def test_many_beats_are_bulk_whoever_asks(decide, served, beats):
    metrics = Metrics()
    for count in (ENOUGH, ENOUGH + 1):
        decide(Plan.of(served.by_name["odenet"], "beats"), np.resize(beats, (count, 187)), "prompt", metrics=metrics)
    prompt = metrics.registry.get_sample_value("cardiode_batch_wait_seconds_count")  # in which bulk is not counted
    assert prompt == 1


def test_an_answer_that_would_be_of_no_use_any_more_is_not_waited_for(decide, served, beats):
    with pytest.raises(TooLate, match="500 ms"):
        decide(Plan.of(served.by_name["odenet"], "beats"), beats[:1], limit=TimeLimit(time.monotonic() - 1, 0.5))
