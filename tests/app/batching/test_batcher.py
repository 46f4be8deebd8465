import asyncio
import math
import os
import threading
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.batching.batch import BatchKey
from app.batching.batcher import ENOUGH, Batcher
from app.batching.worker import Worker
from app.errors import Busy, OverLimit, SolveTooLong, TooLate, WorkerLost
from app.keys.allowance import Allowance
from app.keys.bill import Bill
from app.metrics.metrics import Metrics
from models import Classifier, ModelIdentity, Solver
from tests.app.keys.test_file import Clock

LONG = 1000.0
"""Seconds that no test may take."""


class Watched(Classifier):
    """A real classifier that notes what it is given, and may be held."""

    def __init__(self, classifier):
        vars(self).update(vars(classifier))
        self.original = classifier
        self.batches = []
        self.free = threading.Event()
        self.free.set()
        self.begun = threading.Semaphore(0)

    def decide(self, values, solver, least_confidence=0.0, deadline=None):
        self.batches.append((len(values), solver))
        self.begun.release()
        assert self.free.wait(60)
        return self.original.decide(values, solver, least_confidence, deadline)

    @contextmanager
    def held(self):
        self.free.clear()
        try:
            yield
        finally:
            self.free.set()


def named(classifier, **other):
    """The classifier with something else in its identity."""
    classifier.identity = ModelIdentity(**vars(classifier.identity) | other)
    return classifier


class WorkerHere(Worker):
    """Solves as a worker does, in this process: so that what is asked of a classifier can be watched."""

    process_id = os.getpid()

    def __init__(self, *_):
        """Needs nothing."""
        self.given_up = 0

    async def decide(self, classifier, beats, solver, deadline=math.inf):
        return await asyncio.to_thread(classifier.decide, beats, solver, deadline=deadline)

    def give_up(self):
        """It goes on."""
        self.given_up += 1

    async def close(self):
        """There is nothing to end."""


@pytest.fixture
def model(served):
    return Watched(served.by_name["resnet"])


@pytest.fixture
def batcher_of():
    def make(workers=1, **chosen):
        usual = {"wait": LONG, "most_beats": 16, "queue_beats": 100, "queue_seconds": LONG, "metrics": Metrics()}
        return Batcher([WorkerHere() for _ in range(workers)], **usual | chosen)

    return make


async def begun(model):
    await asyncio.to_thread(model.begun.acquire)


async def asked(batcher, model, beats, seconds=60.0, *, urgency="prompt", client="", solver=None, bill=None):
    """A request, which has been queued when this is done."""
    key = BatchKey(model, solver, urgency)
    task = asyncio.ensure_future(batcher.decide(key, beats, 0.0, seconds, client, bill))
    await asyncio.sleep(0)
    return task


def same(decisions, expected):
    np.testing.assert_allclose(decisions.probabilities, expected.probabilities, atol=1e-5)


def test_beats_of_requests_that_wait_are_solved_together_and_go_home(batcher_of, model, beats):
    batcher = batcher_of()
    parts = [beats[0:1], beats[1:4], beats[4:6], beats[6:11]]

    async def run():
        with model.held():
            first = await asked(batcher, model, parts[0])
            await begun(model)
            others = [await asked(batcher, model, part) for part in parts[1:]]
        return await asyncio.gather(first, *others)

    for part, decisions in zip(parts, asyncio.run(run()), strict=True):
        same(decisions, model.original.classify(part))
    assert [size for size, _ in model.batches] == [1, 10]


def test_a_lone_request_does_not_wait_for_company_that_cannot_come(batcher_of, model, beats):
    batcher = batcher_of(wait=LONG, workers=2)

    async def run():
        for _ in range(3):
            await batcher.decide(BatchKey(model, None), beats[:1], 0.0, 60)

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [1, 1, 1]


def test_beats_wait_for_company_while_others_are_being_solved(batcher_of, model, beats):
    batcher = batcher_of(wait=LONG, workers=2)

    async def run():
        with model.held():
            tasks = [await asked(batcher, model, beats[:1])]
            await begun(model)
            tasks += [await asked(batcher, model, part) for part in (beats[1:3], beats[3:6])]
            await asyncio.sleep(0.05)
            assert len(model.batches) == 1
        await asyncio.gather(*tasks)

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [1, 5]


def test_they_do_not_wait_longer_than_they_may(batcher_of, model, beats):
    batcher = batcher_of(wait=0.01, workers=2)

    async def run():
        with model.held():
            tasks = [await asked(batcher, model, beats[:1])]
            await begun(model)
            tasks += [await asked(batcher, model, beats[1:3])]
            await begun(model)  # though the first one is held still
        await asyncio.gather(*tasks)

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [1, 2]


@pytest.mark.parametrize(("most_beats", "enough"), [(4, 4), (1000, ENOUGH)])
def test_enough_beats_do_not_wait(batcher_of, model, beats, most_beats, enough):
    batcher = batcher_of(wait=LONG, most_beats=most_beats, workers=2)

    async def run():
        with model.held():
            tasks = [await asked(batcher, model, beats[:1])]
            await begun(model)
            tasks += [await asked(batcher, model, np.resize(beats, (enough, 187)))]
            await begun(model)
        await asyncio.gather(*tasks)

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [1, enough]


@pytest.mark.parametrize(
    ("waiting", "sizes"),
    [
        (4 * ENOUGH, [2 * ENOUGH, 2 * ENOUGH]),
        (2 * ENOUGH, [ENOUGH, ENOUGH]),
        (ENOUGH + 8, [ENOUGH, 8]),
        (ENOUGH, [ENOUGH]),
    ],
)
def test_workers_that_have_nothing_to_do_share_what_is_worth_sharing(batcher_of, model, beats, waiting, sizes):
    batcher = batcher_of(wait=0, most_beats=1000, queue_beats=1000, workers=2)
    asyncio.run(batcher.decide(BatchKey(model, None), np.resize(beats, (waiting, 187)), 0.0, 60))
    assert sorted((size for size, _ in model.batches), reverse=True) == sizes  # either may begin first


def test_other_models_and_other_solver_settings_never_mix(batcher_of, served, beats):
    odenet = Watched(served.by_name["odenet"])
    keys = [BatchKey(odenet, Solver(rtol=tolerance, atol=tolerance)) for tolerance in (1e-2, 1e-3)] * 3
    batcher = batcher_of()

    async def run():
        with odenet.held():
            tasks = [asyncio.ensure_future(batcher.decide(key, beats[:1], 0.0, 60)) for key in keys]
            await begun(odenet)
        return await asyncio.gather(*tasks)

    for key, decisions in zip(keys, asyncio.run(run()), strict=True):
        assert decisions.receipts.solver == key.solver
    assert sorted(size for size, _ in odenet.batches) in ([1, 2, 3], [3, 3])


def test_a_large_request_lets_a_small_one_pass(batcher_of, model, beats):
    batcher = batcher_of(most_beats=4)
    done = []

    async def run():
        with model.held():
            large = await asked(batcher, model, np.resize(beats, (40, 187)))
            await begun(model)
            small = await asked(batcher, model, beats[:1])
            large.add_done_callback(lambda _: done.append("large"))
            small.add_done_callback(lambda _: done.append("small"))
        return await asyncio.gather(large, small)

    decisions, _ = asyncio.run(run())
    assert done == ["small", "large"]
    same(decisions, model.original.classify(np.resize(beats, (40, 187))))


def test_a_large_request_is_worked_on_by_all_workers(batcher_of, model, beats):
    batcher = batcher_of(most_beats=4, workers=2)

    async def run():
        with model.held():
            large = await asked(batcher, model, beats[:8])
            await begun(model)
            await begun(model)
        return await large

    same(asyncio.run(run()), model.original.classify(beats[:8]))


def test_a_full_queue_refuses_at_once_and_takes_again_when_there_is_room(batcher_of, model, beats):
    batcher = batcher_of(queue_beats=10)

    async def run():
        with model.held():
            first = await asked(batcher, model, beats[:1])
            await begun(model)
            waiting = await asked(batcher, model, beats[:8])
            with pytest.raises(Busy, match="8 beats are waiting") as refused:
                await batcher.decide(BatchKey(model, None), beats[:3], 0.0, 60)
            last = await asked(batcher, model, beats[:2])
        await asyncio.gather(first, waiting, last)
        await batcher.decide(BatchKey(model, None), beats[:10], 0.0, 60)
        return refused.value

    assert 1 <= asyncio.run(run()).retry_seconds <= 30


def test_whoever_would_wait_too_long_for_a_turn_is_refused_before_and_after_the_beats_are_read(
    batcher_of, model, beats
):
    batcher = batcher_of(most_beats=4, queue_seconds=1e-9)  # so that a batch for the worker is all that may wait

    async def run():
        await batcher.decide(BatchKey(model, None), beats[:4], 0.0, 60)
        await begun(model)
        with model.held():
            tasks = [await asked(batcher, model, beats[:1])]
            await begun(model)
            tasks.append(await asked(batcher, model, beats[:40]))  # of which a newcomer waits for a batch alone
            batcher.check()
            tasks.append(await asked(batcher, model, beats[:1]))
            with pytest.raises(Busy, match="5 beats are ahead of this request") as refused:
                batcher.check()
            with pytest.raises(Busy, match="5 beats are ahead of this request"):
                await batcher.decide(BatchKey(model, None), beats[:1], 0.0, 60)
            tasks.append(await asked(batcher, model, beats[:1], urgency="spare"))  # for whom nobody waits
            tasks[2].cancel()
            await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        batcher.check()
        return refused.value

    assert 1 <= asyncio.run(run()).retry_seconds <= 30


def test_nobody_is_refused_for_the_time_before_anything_is_known_of_it(batcher_of, model, beats):
    batcher = batcher_of(most_beats=4, queue_seconds=1e-9)

    async def run():
        with model.held():
            tasks = [await asked(batcher, model, beats[:4]) for _ in range(9)]
        await asyncio.gather(*tasks)

    asyncio.run(run())


@given(data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_queue_that_is_empty_again_refuses_nobody(batcher_of, model, beats, data):
    batcher = batcher_of(most_beats=4, queue_beats=10_000, queue_seconds=1e-9, workers=2)
    sizes = data.draw(st.lists(st.integers(1, 20), min_size=1, max_size=12))
    left = data.draw(st.sets(st.integers(0, len(sizes) - 1)))
    spare = data.draw(st.sets(st.integers(0, len(sizes) - 1)))

    async def run():
        tasks = [
            await asked(batcher, model, beats[:size], urgency="spare" if n in spare else "prompt")
            for n, size in enumerate(sizes)
        ]
        for number in left:
            tasks[number].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await batcher.decide(BatchKey(model, None), beats[:1], 0.0, 60)  # those who left are forgotten by then
        assert batcher._before_a_newcomer("") == 0

    asyncio.run(run())


def test_what_can_no_longer_arrive_in_time_is_not_begun(batcher_of, model, beats):
    batcher = batcher_of()

    async def run():
        with model.held():
            first = await asked(batcher, model, beats[:1])
            await begun(model)
            with pytest.raises(TooLate, match="50 ms"):
                await batcher.decide(BatchKey(model, None), beats[:5], 0.0, 0.05)
        await first
        await batcher.decide(BatchKey(model, None), beats[:2], 0.0, 60)

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [1, 2]


def test_a_request_that_was_given_up_is_not_solved(batcher_of, model, beats):
    batcher = batcher_of()

    async def run():
        with model.held():
            first = await asked(batcher, model, beats[:1])
            await begun(model)
            left = await asked(batcher, model, beats[:5])
            left.cancel()
            await asyncio.sleep(0)
        await first
        await batcher.decide(BatchKey(model, None), beats[:2], 0.0, 60)

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [1, 2]


def test_none_fails_for_another(batcher_of, model, beats, monkeypatch):
    batcher, decide = batcher_of(), model.decide
    whole = model.original.classify(beats[:3])

    def fails_for_nan(values, *others, **named):
        if np.isnan(values).any():
            raise RuntimeError("of its own")
        return decide(values, *others, **named)

    monkeypatch.setattr(model, "decide", fails_for_nan)

    async def run():
        with model.held():
            first = await asked(batcher, model, beats[:1])
            await begun(model)
            good = await asked(batcher, model, beats[:3])
            bad = await asked(batcher, model, np.full((1, 187), np.nan, np.float32))
        return await asyncio.gather(first, good, bad, return_exceptions=True)

    _, decisions, error = asyncio.run(run())
    same(decisions, whole)
    assert isinstance(error, RuntimeError)


def test_each_request_of_a_batch_abstains_at_its_own_confidence(batcher_of, model, beats):
    batcher = batcher_of()

    async def run():
        with model.held():
            first = await asked(batcher, model, beats[:1])
            await begun(model)
            confidences = (0.0, 1.0, 0.0)
            others = [batcher.submit(BatchKey(model, None), beats[:2], least, 60) for least in confidences]
        await first
        return await asyncio.gather(*others)

    low, none = ["low_confidence"] * 2, [None] * 2
    assert [decisions.reasons for decisions in asyncio.run(run())] == [none, low, none]
    assert [size for size, _ in model.batches] == [1, 6]


def test_a_worker_goes_on_after_an_answer_that_nobody_can_read(batcher_of, model, beats):
    batcher = batcher_of()
    (worker,) = batcher.workers
    usual = worker.decide

    async def run():
        worker.decide = lambda *_: asyncio.sleep(0, "no decisions")
        with pytest.raises(TypeError):
            await batcher.decide(BatchKey(model, None), beats[:1], 0.0, 60)
        worker.decide = usual
        return await batcher.decide(BatchKey(model, None), beats[:1], 0.0, 60)

    same(asyncio.run(run()), model.original.classify(beats[:1]))


def test_an_error_goes_home_to_who_asked(batcher_of, model, beats, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("of its own")

    monkeypatch.setattr(model, "decide", fails)
    with pytest.raises(RuntimeError, match="of its own"):
        asyncio.run(batcher_of().decide(BatchKey(model, None), beats[:1], 0.0, 60))


def test_closing_answers_what_was_asked(batcher_of, model, beats):
    batcher = batcher_of(wait=LONG, workers=2)

    async def run():
        with model.held():
            first = await asked(batcher, model, beats[:1])
            await begun(model)
            task = await asked(batcher, model, beats[:2])  # which waits for company
            closing = asyncio.ensure_future(batcher.close())
            await begun(model)
        await asyncio.gather(first, closing)
        return await task

    same(asyncio.run(run()), model.original.classify(beats[:2]))


def test_spare_beats_are_solved_when_no_others_wait(batcher_of, model, beats):
    batcher = batcher_of()
    done = []

    async def run():
        with model.held():
            first = await asked(batcher, model, beats[:1])
            await begun(model)
            spare = await asked(batcher, model, beats[:2], urgency="spare")
            others = [await asked(batcher, model, beats[:3]), await asked(batcher, model, beats[:4])]
            spare.add_done_callback(lambda _: done.append("spare"))
            others[-1].add_done_callback(lambda _: done.append("others"))
        return await asyncio.gather(spare, first, *others)

    same(asyncio.run(run())[0], model.original.classify(beats[:2]))
    assert done == ["others", "spare"]
    assert [size for size, _ in model.batches] == [1, 7, 2]


def test_spare_beats_leave_a_worker_to_others(batcher_of, model, beats):
    batcher = batcher_of(workers=2)

    async def run():
        with model.held():
            spare = [await asked(batcher, model, beats[:2], urgency="spare")]
            await begun(model)
            spare.append(await asked(batcher, model, beats[:3], urgency="spare"))
            other = await asked(batcher, model, beats[:1])
            await begun(model)
            assert [size for size, _ in model.batches] == [2, 1]
        return await asyncio.gather(other, *spare)

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [2, 1, 3]


def test_spare_beats_take_nobodys_place_and_find_one_while_the_queue_is_not_half_full(batcher_of, model, beats):
    metrics = Metrics()
    batcher = batcher_of(queue_beats=10, metrics=metrics)

    async def run():
        with model.held():
            tasks = [await asked(batcher, model, beats[:1])]
            await begun(model)
            tasks.append(await asked(batcher, model, beats[:3], urgency="spare"))
            with pytest.raises(Busy, match="3 beats are waiting"):
                await batcher.decide(BatchKey(model, None, "spare"), beats[:3], 0.0, 60)
            tasks.append(await asked(batcher, model, beats[:10]))
            assert metrics.queued_beats.collect()[0].samples[0].value == 10
            with pytest.raises(Busy, match="10 beats are waiting"):
                await batcher.decide(BatchKey(model, None), beats[:1], 0.0, 60)
            with pytest.raises(Busy, match="13 beats are waiting"):
                await batcher.decide(BatchKey(model, None, "spare"), beats[:1], 0.0, 60)
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_a_request_does_not_wait_while_spare_beats_are_being_solved(batcher_of, model, beats):
    batcher = batcher_of(wait=LONG, workers=2)

    async def run():
        with model.held():
            spare = await asked(batcher, model, beats[:2], urgency="spare")
            await begun(model)
            first = await asked(batcher, model, beats[:1])
            await begun(model)
        await asyncio.gather(spare, first)

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [2, 1]


def test_bulk_is_solved_by_one_worker_at_a_time_so_that_others_find_one(batcher_of, model, beats):
    batcher = batcher_of(workers=3, most_beats=4 * ENOUGH)
    many = np.resize(beats, (2 * ENOUGH + 5, 187))

    async def run():
        with model.held():
            bulk = [await asked(batcher, model, many, math.inf, urgency="bulk") for _ in range(2)]
            await begun(model)
            prompt = await asked(batcher, model, beats[:3])
            await begun(model)
            assert [size for size, _ in model.batches] == [len(many), 3]
        return await asyncio.gather(*bulk, prompt)

    for decisions in asyncio.run(run())[:2]:
        same(decisions, model.original.classify(many))


def test_bulk_has_the_last_free_worker_for_a_little_at_a_time(batcher_of, model, beats):
    batcher = batcher_of(workers=1, most_beats=4 * ENOUGH)
    many = np.resize(beats, (2 * ENOUGH + 5, 187))

    async def run():
        with model.held():
            bulk = await asked(batcher, model, many, math.inf, urgency="bulk")
            await begun(model)
            prompt = await asked(batcher, model, beats[:3])
        return await asyncio.gather(bulk, prompt)

    same(asyncio.run(run())[0], model.original.classify(many))
    assert [size for size, _ in model.batches] == [ENOUGH, 3, ENOUGH, 5]


def test_whoever_has_a_place_elsewhere_is_never_refused_and_bulk_takes_nobodys_in_the_queue(batcher_of, model, beats):
    metrics = Metrics()
    batcher = batcher_of(queue_beats=10, most_beats=4, queue_seconds=1e-9, metrics=metrics)

    async def run():
        with model.held():
            tasks = [await asked(batcher, model, beats[:1])]
            await begun(model)
            tasks.append(await asked(batcher, model, beats[:40], math.inf, urgency="bulk"))
            assert metrics.queued_beats.collect()[0].samples[0].value == 0
            tasks.append(await asked(batcher, model, beats[:10]))
            with pytest.raises(Busy):
                await batcher.decide(BatchKey(model, None), beats[:1], 0.0, 60)
            before = metrics.queued_beats.collect()[0].samples[0].value
            tasks.append(await asked(batcher, model, beats[:1], math.inf))
            assert metrics.queued_beats.collect()[0].samples[0].value == before + 1
        return await asyncio.gather(*tasks)

    same(asyncio.run(run())[1], model.original.classify(beats[:40]))


def test_nothing_is_asked_of_workers_that_have_ended(batcher_of, model, beats):
    batcher = batcher_of()

    async def run():
        await batcher.close()
        with pytest.raises(WorkerLost):
            await batcher.decide(BatchKey(model, None, "bulk"), beats[:1], 0.0, math.inf)

    asyncio.run(run())
    assert not model.batches


def test_closing_with_spare_beats_ends(batcher_of, model, beats):
    batcher = batcher_of(workers=3)

    async def run():
        with model.held():
            tasks = [await asked(batcher, model, beats[:2], urgency="spare")]
            await begun(model)
            tasks += [await asked(batcher, model, beats[:3], urgency="spare") for _ in range(2)]
            closing = asyncio.ensure_future(batcher.close())
            await asyncio.sleep(0.05)
        await asyncio.gather(closing, *tasks)

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [2, 6]


def test_many_at_once_get_their_own_answers(batcher_of, served, beats):
    metrics = Metrics()
    batcher = batcher_of(workers=2, queue_beats=10_000, wait=0.001, metrics=metrics)
    key = BatchKey(served.by_name["resnet"], None)
    rng = np.random.default_rng(0)
    cuts = [np.sort(rng.choice(len(beats), 2, replace=False)) for _ in range(200)]
    expected = key.classifier.classify(beats).probabilities

    async def one(start, stop):
        await asyncio.sleep(rng.random() / 20)
        return await batcher.decide(key, beats[start:stop], 0.0, 60)

    async def run():
        return await asyncio.gather(*(one(start, stop) for start, stop in cuts))

    for (start, stop), decisions in zip(cuts, asyncio.run(run()), strict=True):
        np.testing.assert_allclose(decisions.probabilities, expected[start:stop], atol=1e-5)
    (sizes,) = (family for family in metrics.batch_beats.collect())
    total = next(sample.value for sample in sizes.samples if sample.name.endswith("_sum"))
    assert total == sum(stop - start for start, stop in cuts)
    assert metrics.queued_beats.collect()[0].samples[0].value == 0


def test_few_beats_that_came_one_by_one_do_not_make_many_seem_too_many(batcher_of, model, beats):
    batcher = batcher_of(most_beats=64, queue_beats=10_000, queue_seconds=1e-9, workers=1)

    async def run():
        for _ in range(5):
            await batcher.decide(BatchKey(model, None), beats[:1], 0.0, 60)
        with model.held():
            tasks = [await asked(batcher, model, np.resize(beats, (64, 187))) for _ in range(8)]
        await asyncio.gather(*tasks)
        with model.held():  # now it is known how fast many are solved
            tasks = [await asked(batcher, model, np.resize(beats, (64, 187)))]
            await asyncio.sleep(0.05)
            tasks += [await asked(batcher, model, np.resize(beats, (64, 187))) for _ in range(2)]
            with pytest.raises(Busy, match="128 beats are ahead of this request"):
                batcher.check()
        await asyncio.gather(*tasks)

    asyncio.run(run())


@pytest.fixture
def odenet(served):
    return Watched(served.by_name["odenet"])


def setting(number):
    """Of a solver, all of which cost the same."""
    return Solver(rtol=1e-3 * (1 + number / 1000), atol=1e-3)


def test_a_client_waits_for_one_batch_of_another_with_however_many_settings_that_asks(batcher_of, odenet, beats):
    batcher, done = batcher_of(), []

    async def run():
        with odenet.held():
            many = [
                await asked(batcher, odenet, beats[:1], client="many", solver=setting(number)) for number in range(60)
            ]
            await begun(odenet)
            one = await asked(batcher, odenet, beats[:1], client="one", solver=setting(61))
            for task in (*many, one):
                task.add_done_callback(done.append)
        await asyncio.gather(*many, one)
        return done.index(one)

    assert asyncio.run(run()) <= 1
    assert [size for size, _ in odenet.batches] == [1] * 61


def test_settings_of_one_client_take_turns(batcher_of, odenet, beats):
    batcher = batcher_of(most_beats=4)

    async def run():
        with odenet.held():
            first = await asked(batcher, odenet, beats[:1])
            await begun(odenet)
            tasks = [await asked(batcher, odenet, beats[:12], solver=setting(number)) for number in range(3)]
        await asyncio.gather(first, *tasks)

    asyncio.run(run())
    assert [solver for _, solver in odenet.batches[1:]] == [setting(number) for number in range(3)] * 3


def test_beats_of_several_clients_are_solved_together(batcher_of, model, beats):
    batcher = batcher_of()

    async def run():
        with model.held():
            first = await asked(batcher, model, beats[:1], client="0")
            await begun(model)
            others = [await asked(batcher, model, beats[:1], client=str(number)) for number in range(1, 11)]
        await asyncio.gather(first, *others)

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [1, 10]


def test_a_small_request_takes_little_of_a_large_one_of_another_client_with_it(batcher_of, model, beats):
    batcher = batcher_of(most_beats=200, queue_beats=1000)
    many = np.resize(beats, (200, 187))

    async def run():
        with model.held():
            large = [await asked(batcher, model, many, client="large")]
            await begun(model)
            large.append(await asked(batcher, model, many, client="large"))
            small = await asked(batcher, model, beats[:1], client="small")
        return await asyncio.gather(small, *large)

    same(asyncio.run(run())[0], model.original.classify(beats[:1]))
    first, with_the_small_one, *_ = [size for size, _ in model.batches]
    assert first == 200
    assert 1 <= with_the_small_one < 100


def test_a_client_leaves_a_worker_to_others_while_there_are_any(batcher_of, model, odenet, beats):
    batcher = batcher_of(workers=2, wait=LONG, most_beats=200, queue_beats=1000)

    async def run():
        await batcher.decide(BatchKey(model, None), beats[:1], 0.0, 60, "other")
        await begun(model)
        with model.held(), odenet.held():
            large = await asked(batcher, model, np.resize(beats, (400, 187)), client="large")
            await begun(model)
            other = await asked(batcher, odenet, beats[:1], client="other")  # whose settings nobody has asked for
            await begun(odenet)
            sizes = [size for size, _ in model.batches[1:]]
        await asyncio.gather(large, other)
        return sizes

    assert asyncio.run(run()) == [200]


def test_it_has_that_worker_once_no_others_are_there(batcher_of, model, beats, monkeypatch):
    monkeypatch.setattr("app.batching.batcher.RECENT_SECONDS", 0.01)
    monkeypatch.setattr("app.batching.turns.RECENT_SECONDS", 0.01)
    batcher = batcher_of(workers=2, wait=LONG, most_beats=200, queue_beats=1000)

    async def run():
        await batcher.decide(BatchKey(model, None), beats[:1], 0.0, 60, "other")
        await begun(model)
        with model.held():
            large = await asked(batcher, model, np.resize(beats, (400, 187)), client="large")
            await begun(model)
            await begun(model)
        await large

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [1, 200, 200]


def test_a_client_that_is_alone_has_all_workers(batcher_of, model, beats):
    batcher = batcher_of(workers=2, wait=0, most_beats=200, queue_beats=1000)

    async def run():
        with model.held():
            large = await asked(batcher, model, np.resize(beats, (400, 187)), client="large")
            await begun(model)
            await begun(model)
        await large

    asyncio.run(run())
    assert [size for size, _ in model.batches] == [200, 200]


LASTING = Solver("implicit_euler", step=0.5, max_evaluations=1000)


def test_what_may_take_long_never_has_all_workers(batcher_of, odenet, beats):
    batcher = batcher_of(workers=2, wait=0)

    async def run():
        with odenet.held():
            lasting = [
                await asked(batcher, odenet, beats[:1], client=client, solver=replace(LASTING, rtol=rtol))
                for client in ("a", "b")
                for rtol in (0.1, 0.2)
            ]
            await begun(odenet)
            usual = await asked(batcher, odenet, beats[:1], client="c")
            await begun(odenet)
            solvers = [solver for _, solver in odenet.batches]
        await asyncio.gather(usual, *lasting)
        return solvers

    assert asyncio.run(run()) == [replace(LASTING, rtol=0.1), None]


def test_what_may_take_long_begins_beside_what_is_soon_over(batcher_of, odenet, beats):
    batcher = batcher_of(workers=2, wait=0)

    async def run():
        with odenet.held():
            usual = await asked(batcher, odenet, beats[:1], client="a")
            await begun(odenet)
            lasting = await asked(batcher, odenet, beats[:1], client="b", solver=LASTING)
            await begun(odenet)
        await asyncio.gather(usual, lasting)

    asyncio.run(run())
    assert [solver for _, solver in odenet.batches] == [None, LASTING]


def test_with_one_worker_what_may_take_long_is_solved_all_the_same(batcher_of, odenet, beats):
    decisions = asyncio.run(batcher_of().decide(BatchKey(odenet, LASTING), beats[:1], 0.0, 60))
    assert len(decisions) == 1


def test_who_comes_is_not_refused_for_what_one_other_client_has_queued(batcher_of, model, beats):
    batcher = batcher_of(most_beats=4, queue_beats=40, queue_seconds=1e-9)

    async def run():
        await batcher.decide(BatchKey(model, None), beats[:4], 0.0, 60)  # now it is known how fast beats are solved
        await begun(model)
        with model.held():
            tasks = [await asked(batcher, model, beats[:1], client="many")]
            await begun(model)
            tasks.append(await asked(batcher, model, beats[:39], client="many"))
            tasks += [await asked(batcher, model, beats[:1], client="many")]
            with pytest.raises(Busy, match="5 beats are ahead of this request"):
                batcher.check("many")
            with pytest.raises(Busy):
                await batcher.decide(BatchKey(model, None), beats[:1], 0.0, 60, "many")
            batcher.check("one")
            tasks.append(await asked(batcher, model, beats[:4], client="one"))  # though the queue is full
            with pytest.raises(Busy):
                await batcher.decide(BatchKey(model, None), beats[:30], 0.0, 60, "another")
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_what_is_solved_for_nobody_any_more_is_given_up(batcher_of, model, odenet, beats):
    batcher = batcher_of()
    (worker,) = batcher.workers

    async def run():
        with model.held():
            with odenet.held():
                first = await asked(batcher, odenet, beats[:1])
                await begun(odenet)
                both = [await asked(batcher, model, beats[:2]) for _ in range(2)]
            await first
            await begun(model)
            for task in both:
                assert worker.given_up == 0
                task.cancel()
                await asyncio.wait([task])
            assert worker.given_up == 1

    asyncio.run(run())


ENDLESS = Solver("rk4", step=1e-4, max_evaluations=100_000)


def test_a_solve_is_broken_off_at_the_last_deadline_of_those_who_wait_for_it(batcher_of, odenet, beats):
    batcher = batcher_of()

    async def run():
        with odenet.held():
            first = await asked(batcher, odenet, beats[:1])
            await begun(odenet)
            late = [await asked(batcher, odenet, beats[:1], seconds, solver=ENDLESS) for seconds in (0.1, 0.3)]
        return await asyncio.gather(first, *late, return_exceptions=True)

    _, *late = asyncio.run(run())
    assert [str(error).split(";")[0] for error in late] == [
        f"the answer would not be ready within the deadline of {milliseconds} ms" for milliseconds in (100, 300)
    ]
    assert all(isinstance(error, TooLate) for error in late)


def test_a_batch_is_broken_off_after_its_time_however_long_anybody_would_wait(batcher_of, odenet, beats):
    batcher = batcher_of(batch_seconds=0.1)
    with pytest.raises(SolveTooLong, match="not solved within 0 s; choose a cheaper solver"):
        asyncio.run(batcher.decide(BatchKey(odenet, ENDLESS, "bulk"), beats[:1], 0.0, math.inf))


@pytest.mark.parametrize("leaves", [False, True])
def test_what_was_solved_for_who_is_too_late_or_has_left_is_on_the_bill_and_no_more(batcher_of, odenet, beats, leaves):
    batcher, allowance = batcher_of(most_beats=4), Allowance(1.0, Clock())
    bill = Bill(allowance)

    async def run():
        bill.hold(40)
        with odenet.held():
            task = await asked(batcher, odenet, beats[:40], 60 if leaves else 0.2, bill=bill)
            await begun(odenet)
            if leaves:
                task.cancel()
            await asyncio.wait([task])
            held = _owed(allowance)
        await batcher.close()
        await asyncio.sleep(0)
        return held, _owed(allowance)

    assert asyncio.run(run()) == (30, 0)  # of 4 beats, which had been saved up


def _owed(allowance):
    try:
        allowance.check()
    except OverLimit as error:
        return error.seconds
    return 0
