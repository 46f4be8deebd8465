"""A worker: a process of its own that solves batches, so that nothing else the service does has to wait meanwhile.

Threads of one process take turns in Python, and half of a small solve is Python. What a worker is asked and what it
answers goes through a pipe. One that ends, because somebody or the system killed it, is replaced, and solves again what
the other one did not finish.
"""

import atexit
import gc
import logging
import multiprocessing
import pickle
import signal
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np
from jaxtyping import Float32

from app.served import ServedModel
from models import Classifier, Decisions, Solver
from models.memory import keep_freed_memory
from models.threads import use_one_core

ATTEMPTS = 2
"""Processes that a batch may end before it is given up: it may be what ends them."""

CLASSIFIERS = 16
"""How many a process keeps: more than are served, also while others take their place."""

END_SECONDS = 5
"""What a process may take to end once nothing more can come."""

logger = logging.getLogger("cardiode.worker")

# Each process is forked from one that has imported all of this and runs no threads, so it is ready at once.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


class WorkerLost(Exception):
    """A batch was given up for what became of the processes that were to solve it."""


class WorkerEnded(WorkerLost):
    """The process that was to solve a batch ended, and so did the one after it."""


class WorkerStuck(WorkerLost):
    """The process that was to solve a batch took longer than anybody waits, and was ended."""


@dataclass(frozen=True)
class Learn:
    """A classifier that batches will be for."""

    sha256: str
    classifier: Classifier


@dataclass(frozen=True)
class Forget:
    """One that no batch will be for, unless it is learnt again."""

    sha256: str


@dataclass(frozen=True)
class Solve:
    """A batch."""

    sha256: str
    beats: Float32[np.ndarray, "beat 187"]
    solver: Solver | None


class Worker:
    """Solves one batch at a time, in `seconds` at most. `replaced` is called when it had to begin another process."""

    def __init__(self, seconds: float, replaced: Callable[[], object]) -> None:
        self.seconds = seconds
        self.replaced = replaced
        self._known: OrderedDict[str, None] = OrderedDict()
        """The sha256 of the classifiers that the process keeps, the one that was last asked at the end."""
        self._process, self._pipe = _begin()
        # Where the service ends before it has begun: multiprocessing would wait for ever for what no signal ends.
        atexit.register(self.close)

    @property
    def process_id(self) -> int:
        """That of the process which solves now."""
        return self._process.ident or 0

    def classify(self, model: ServedModel, beats: Float32[np.ndarray, "beat 187"], solver: Solver | None) -> Decisions:
        """What the model says of these beats.

        Raises what `Classifier.classify` raises, WorkerEnded and WorkerStuck.
        """
        for _ in range(ATTEMPTS):
            try:
                answer = self._ask(model, Solve(model.identity.sha256, beats, solver))
            except (EOFError, OSError):
                self._replace()
                continue
            if isinstance(answer, Exception):
                raise answer
            return answer
        raise WorkerEnded(f"{ATTEMPTS} processes ended over {len(beats)} beats for {model.pin}")

    def close(self) -> None:
        """End the process, which may have ended."""
        atexit.unregister(self.close)
        self._end()

    def _end(self) -> None:
        self._pipe.close()
        self._process.join(END_SECONDS)
        self._process.kill()
        self._process.join()

    def _ask(self, model: ServedModel, batch: Solve) -> Decisions | Exception:
        self._teach(model)
        _send(self._pipe, batch)
        if not self._pipe.poll(self.seconds):
            self._process.kill()
            self._replace()
            return WorkerStuck(f"{len(batch.beats)} beats for {model.pin} took over {self.seconds:g} s")
        answer: Decisions | Exception = _receive(self._pipe)
        return answer

    def _teach(self, model: ServedModel) -> None:
        """Let the process know this model's classifier, and forget the one that was not asked for longest."""
        sha256 = model.identity.sha256
        if sha256 not in self._known:
            _send(self._pipe, Learn(sha256, model.classifier))
            self._known[sha256] = None
        self._known.move_to_end(sha256)
        if len(self._known) > CLASSIFIERS:
            oldest, _ = self._known.popitem(last=False)
            _send(self._pipe, Forget(oldest))

    def _replace(self) -> None:
        self._end()
        logger.warning("a worker was replaced", extra={"exit_code": self._process.exitcode})
        self.replaced()
        self._known.clear()
        self._process, self._pipe = _begin()


def _begin() -> tuple[BaseProcess, Connection]:
    here, there = _context.Pipe()
    process = _context.Process(target=work, args=(there,), name="cardiode-worker", daemon=True)
    process.start()
    there.close()
    return process, here


def _send(pipe: Connection, message: object) -> None:
    # Not `pipe.send`: torch has taught it to share the memory of each tensor, which costs more than to copy it.
    pipe.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))


def _receive(pipe: Connection) -> Any:
    return pickle.loads(pipe.recv_bytes())  # noqa: S301 - what we have sent ourselves


def work(pipe: Connection) -> None:
    """Solve what comes, until nothing more can come."""
    # These may be sent to all processes of the service; it ends its workers itself, when everything is answered.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    use_one_core()
    keep_freed_memory()
    gc.freeze()
    classifiers: dict[str, Classifier] = {}
    while True:
        try:
            message = _receive(pipe)
            match message:
                case Learn():
                    classifiers[message.sha256] = message.classifier
                case Forget():
                    del classifiers[message.sha256]
                case Solve():
                    _send(pipe, _answer(classifiers[message.sha256], message))
        except (EOFError, OSError):
            return  # the service has ended


def _answer(classifier: Classifier, batch: Solve) -> Decisions | Exception:
    try:
        return classifier.classify(batch.beats, batch.solver)
    except Exception as error:
        error.add_note(traceback.format_exc())
        return _portable(error)


def _portable(error: Exception) -> Exception:
    """The error, or one that tells the same where it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:
        return RuntimeError("".join(traceback.format_exception(error)))
    return error
