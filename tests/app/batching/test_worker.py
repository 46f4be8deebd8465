import asyncio
import copy
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from app.batching import worker
from app.batching.worker import Worker
from app.errors import WorkerEnded, WorkerStuck
from ecg import InvalidBeat
from models import Classifier, NoSolver, Solver, process
from tests.app.batching.test_batcher import named

pytestmark = pytest.mark.anyio

LONG = 60.0
"""Seconds that no batch of these takes."""


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
def replaced():
    return []


@pytest.fixture
async def begun(replaced):
    begun = Worker(LONG, lambda: replaced.append(1))
    yield begun
    await begun.close()


def process_of(begun):
    return psutil.Process(begun._process.pid)


def kill(begun):
    process_of(begun).kill()
    begun._process.join()


class Ending(Classifier):
    """Ends the process that it is asked in."""

    def decide(self, *_, **__):
        os.kill(os.getpid(), signal.SIGKILL)


class Slow(Classifier):
    """Takes its time, where it is asked for more than one beat."""

    def decide(self, beats, solver, **others):
        time.sleep(0 if len(beats) == 1 else LONG)
        return super().decide(beats, solver, **others)


class Failing(Classifier):
    """Fails with an error that cannot be made again from what it says."""

    def decide(self, *_, **__):
        raise InvalidBeat(3, "of its own")


def of_kind(kind, model):
    """The model with a classifier of this kind."""
    return named(kind(model.network, model.solver, model.checkpoint), sha256=kind.__name__)


@pytest.fixture
def model(served):
    return served.by_name["odenet"]


def same(decisions, expected):
    assert decisions.probabilities.tobytes() == expected.probabilities.tobytes()
    assert (decisions.receipts is None) == (expected.receipts is None)
    for beat in range(len(expected)):
        assert decisions[beat] == expected[beat]


@pytest.mark.parametrize("solver", [None, Solver("rk4", step=0.25), Solver("dopri5", rtol=1e-5, atol=1e-5)])
async def test_it_answers_as_the_classifier_does(begun, model, beats, solver):
    same(await begun.decide(model, beats, solver), model.classify(beats, solver))


async def test_it_does_so_for_one_model_after_another(begun, served, beats):
    for _ in range(2):
        for model in served.models:
            same(await begun.decide(model, beats[:2], None), model.classify(beats[:2]))


async def test_it_solves_in_a_process_of_its_own(begun, model, beats):
    await begun.decide(model, beats, None)
    process = process_of(begun)
    assert process.pid != os.getpid()
    before = process.cpu_times().user
    await begun.decide(model, np.resize(beats, (1000, 187)), None)
    assert process.cpu_times().user > before


async def test_onednn_is_told_to_keep_few_kernels_in_it_unless_the_user_has_said_how_many(begun, monkeypatch):
    (name,) = process.KERNELS
    assert process_of(begun).environ()[name] == os.environ[name]
    for told, expected in ((None, process.KERNELS[name]), ("7", "7")):
        monkeypatch.setenv(name, told) if told else monkeypatch.delenv(name)
        await Worker(LONG, list).close()
        assert os.environ[name] == expected


async def test_errors_come_back_as_they_were_raised(begun, served, beats):
    resnet = served.by_name["resnet"]
    with pytest.raises(NoSolver) as expected:
        resnet.decide(beats, Solver())
    with pytest.raises(NoSolver) as raised:
        await begun.decide(resnet, beats, Solver())
    assert str(raised.value) == str(expected.value)
    assert "resnet.py" in "".join(raised.value.__notes__)  # where it happened
    same(await begun.decide(resnet, beats, None), resnet.classify(beats))


async def test_an_error_that_cannot_be_sent_is_told_all_the_same(begun, model, beats):
    with pytest.raises(TypeError):
        pickle.loads(pickle.dumps(InvalidBeat(3, "of its own")))
    with pytest.raises(RuntimeError, match="InvalidBeat: beat 3: of its own"):
        await begun.decide(of_kind(Failing, model), beats, None)


async def test_a_process_that_was_killed_is_replaced_and_nobody_notices(begun, model, beats, replaced):
    expected = model.classify(beats)
    for times in range(1, 4):
        kill(begun)
        same(await begun.decide(model, beats, None), expected)
        assert len(replaced) == times


async def test_a_batch_whose_process_is_killed_meanwhile_is_solved_by_the_next(begun, model, beats, replaced):
    many = np.resize(beats, (1000, 187))
    asked = asyncio.ensure_future(begun.decide(model, many, None))
    process = process_of(begun)
    before = process.cpu_times().user
    while process.cpu_times().user < before + 0.1:
        await asyncio.sleep(0.01)
    process.kill()
    same(await asked, model.classify(many))
    assert len(replaced) == 1


async def test_a_batch_that_ends_each_process_is_given_up_and_the_next_is_solved(begun, model, beats, replaced):
    with pytest.raises(WorkerEnded, match=f"odenet@{Ending.__name__}"):
        await begun.decide(of_kind(Ending, model), beats, None)
    assert len(replaced) == worker.ATTEMPTS
    same(await begun.decide(model, beats, None), model.classify(beats))


async def test_a_process_that_takes_longer_than_anybody_waits_is_replaced(model, beats, replaced):
    begun = Worker(3, lambda: replaced.append(1))
    try:
        slow = of_kind(Slow, model)
        with pytest.raises(WorkerStuck, match="took over 3 s"):
            await begun.decide(slow, beats, None)
        assert len(replaced) == 1
        assert len(await begun.decide(slow, beats[:1], None)) == 1
    finally:
        await begun.close()


ENDLESS = Solver("rk4", step=1e-4, max_evaluations=100_000)
"""A minute's work."""


async def test_what_has_not_ended_at_its_deadline_is_broken_off_and_tells_what_it_has_cost(begun, model, beats):
    await begun.decide(model, beats[:1], None)
    late = await begun.decide(model, beats, ENDLESS, time.monotonic() + 0.2)
    assert {decision.receipt.status for decision in late} == {"deadline"}
    assert (late.receipts.evaluations < 40_000).all()
    same(await begun.decide(model, beats, None), model.classify(beats))


async def test_what_nobody_waits_for_any_more_is_given_up_and_the_next_is_solved(begun, model, beats, replaced):
    begun.give_up()  # there is nothing to
    for _ in range(2):
        await begun.decide(model, beats[:1], None)
        asked = asyncio.ensure_future(begun.decide(model, beats, ENDLESS))
        before = process_of(begun).cpu_times().user
        while process_of(begun).cpu_times().user < before + 0.1:
            await asyncio.sleep(0.01)
        begun.give_up()
        assert {decision.receipt.status for decision in await asked} == {"deadline"}
        begun.give_up()  # too late to
        same(await begun.decide(model, beats, None), model.classify(beats))
    assert not replaced


async def test_it_keeps_few_classifiers_and_learns_those_again_that_it_forgot(begun, model, beats, monkeypatch):
    sent = []
    monkeypatch.setattr(worker, "CLASSIFIERS", 2)
    monkeypatch.setattr(worker, "_packed", lambda message: (sent.append(message), packed(message))[1])
    models = [named(copy.copy(model), sha256=name) for name in ("a", "b", "a", "c", "b")]
    for other in models:
        same(await begun.decide(other, beats[:1], None), model.classify(beats[:1]))
    told = [(type(message).__name__, message.sha256) for message in sent if not isinstance(message, worker.Solve)]
    assert told == [("Learn", "a"), ("Learn", "b"), ("Learn", "c"), ("Forget", "b"), ("Learn", "b"), ("Forget", "a")]


packed = worker._packed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_signals_that_all_processes_get_do_not_end_it(begun, model, beats, number, replaced):
    await begun.decide(model, beats[:1], None)  # so it has begun to listen
    process_of(begun).send_signal(number)
    same(await begun.decide(model, beats, None), model.classify(beats))
    assert not replaced


async def test_it_ends_when_it_is_closed(model, beats):
    begun = Worker(LONG, list)
    await begun.decide(model, beats[:1], None)
    process = process_of(begun)
    await begun.close()
    assert not process.is_running()


def test_a_process_that_never_closed_it_ends_all_the_same(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("from app.batching.worker import Worker\nif __name__ == '__main__':\n    Worker(60, list)\n")
    ended = subprocess.run([sys.executable, program], timeout=LONG, env=os.environ | {"PYTHONPATH": str(Path.cwd())})
    assert ended.returncode == 0


def test_it_ends_when_the_service_is_killed(ending):
    process, _ = ending
    family = psutil.Process(process.pid).children(recursive=True)
    workers = [child for child in family if "forkserver" in " ".join(child.cmdline())]
    assert len(workers) >= 2
    process.kill()
    _, alive = psutil.wait_procs(workers, timeout=LONG)
    assert not alive
