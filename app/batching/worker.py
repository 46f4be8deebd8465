"""A worker: a process of its own that solves batches, so that nothing else the service does has to wait meanwhile.

Threads of one process take turns in Python, and half of a small solve is Python. What a worker is asked and what it
answers goes through a socket, which the event loop watches: a thread that waited for it would take turns too. One that
ends, because somebody or the system killed it, is replaced, and solves again what the other one did not finish. What it
solves for nobody any more it is interrupted by a signal, since it reads nothing meanwhile.
"""

import asyncio
import atexit
import gc
import logging
import math
import multiprocessing
import os
import pickle
import signal
import socket
import traceback
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from struct import Struct
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import Float32

from app.errors import WorkerEnded, WorkerStuck
from models import Classifier, Decisions, Solver
from models.process import keep_few_kernels, keep_freed_memory, use_one_core

ATTEMPTS = 2
"""Processes that a batch may end before it is given up: it may be what ends them."""

CLASSIFIERS = 16
"""How many a process keeps: more than are served, also while others take their place."""

AGAIN_SECONDS = 0.1
"""Until a process that has not heeded the signal is sent it again."""

END_SECONDS = 5
"""What a process may take to end once nothing more can come."""

GIVE_UP = signal.SIGUSR1
"""Tells the process that nobody waits for what it solves."""

BEGUN = b"!"
"""What the process says before all else: before, the signal would end it."""

LENGTH = Struct("!Q")
"""Before each message: how many bytes it has."""

logger = logging.getLogger("cardiode.worker")

# Each process is forked from one that has imported all of this and runs no threads, so it is ready at once.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


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
    beats: Float32[np.ndarray, "beat length"]
    solver: Solver | None
    deadline: float
    """By `time.monotonic`, which all processes of a machine share."""


class Worker:
    """Solves one batch at a time, in `seconds` at most. `replaced` is called when it had to begin another process.

    It belongs to the event loop that asks it first.
    """

    def __init__(self, seconds: float, replaced: Callable[[], object]) -> None:
        self.seconds = seconds
        self.replaced = replaced
        self._known: OrderedDict[str, None] = OrderedDict()
        """The sha256 of the classifiers that the process keeps, the one that was last asked at the end."""
        self._process, self._socket = _begin()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._asked: Solve | None = None
        """What the process has not answered."""
        self._listens = False
        """It has begun, and knows the signal."""
        # Where the service ends before it has begun: multiprocessing would wait for ever for what no signal ends.
        atexit.register(self._end)

    @property
    def process_id(self) -> int:
        """That of the process which solves now."""
        return self._process.ident or 0

    async def decide(
        self,
        classifier: Classifier,
        beats: Float32[np.ndarray, "beat length"],
        solver: Solver | None,
        deadline: float = math.inf,
    ) -> Decisions:
        """What the classifier decides on beats that were checked; beats that are not solved by the deadline say so.

        Raises WorkerEnded, WorkerStuck, and what `Classifier.decide` raises, which is an error of our own.
        """
        for _ in range(ATTEMPTS):
            try:
                answer = await self._ask(classifier, Solve(classifier.identity.sha256, beats, solver, deadline))
            except (EOFError, OSError):
                await self._replace()
                continue
            if isinstance(answer, Exception):
                raise answer
            return answer
        raise WorkerEnded(
            f"{ATTEMPTS} worker processes ended while solving {len(beats)} beats for {classifier.identity.pin}"
        )

    def give_up(self) -> None:
        """Let beats that are being solved be as they are after a step more, as if their deadline had passed."""
        if self._asked is not None:
            self._tell_to_give_up(self._asked)

    def _tell_to_give_up(self, batch: Solve) -> None:
        """Again and again, until it answers: while it still reads what the batch is, it does not heed the signal."""
        if self._asked is not batch:
            return
        if self._listens:
            with suppress(ProcessLookupError):
                os.kill(self.process_id, GIVE_UP)
        asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._tell_to_give_up, batch)

    async def close(self) -> None:
        """End the process for good. It may have ended already."""
        atexit.unregister(self._end)
        await self._end_beside()

    async def _end_beside(self) -> None:
        """End the process without keeping the event loop waiting."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        """End the process, which may take seconds. It needs no event loop, which may have ended too."""
        with suppress(OSError):  # the process has ended
            self._socket.shutdown(socket.SHUT_RDWR)  # the process learns of it whatever else holds the socket open
        self._socket.close()
        self._process.join(END_SECONDS)
        self._process.kill()
        self._process.join()

    async def _ask(self, classifier: Classifier, batch: Solve) -> Decisions | Exception:
        # A second descriptor of the socket: the loop closes what it is given, and the end may come after the loop's.
        self._streams = self._streams or await asyncio.open_unix_connection(sock=self._socket.dup())
        reader, writer = self._streams
        messages = [*await self._lessons(classifier), _packed(batch)]
        if reader.at_eof() or writer.is_closing():
            raise EOFError  # the process has ended, and event loops differ in what they make of a write then
        writer.writelines(messages)
        self._asked = batch
        try:
            async with asyncio.timeout(self.seconds):
                if not self._listens:
                    await reader.readexactly(len(BEGUN))
                    self._listens = True
                (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                answer: Decisions | Exception = pickle.loads(await reader.readexactly(length))  # noqa: S301 - our own
        except TimeoutError:
            self._process.kill()
            await self._replace()
            return WorkerStuck(f"{len(batch.beats)} beats for {classifier.identity.pin} took over {self.seconds:g} s")
        finally:
            self._asked = None
        return answer

    async def _lessons(self, classifier: Classifier) -> list[bytes]:
        """What lets the process know this classifier, and forget the one that was not asked for longest."""
        sha256, lessons = classifier.identity.sha256, []
        if sha256 not in self._known:
            lessons.append(await asyncio.to_thread(_packed, Learn(sha256, classifier)))
            self._known[sha256] = None
        self._known.move_to_end(sha256)
        if len(self._known) > CLASSIFIERS:
            oldest, _ = self._known.popitem(last=False)
            lessons.append(_packed(Forget(oldest)))
        return lessons

    async def _replace(self) -> None:
        await self._end_beside()
        logger.warning("a worker was replaced", extra={"exit_code": self._process.exitcode})
        self.replaced()
        self._known.clear()
        self._listens = False
        self._process, self._socket = await asyncio.to_thread(_begin)


def _begin() -> tuple[BaseProcess, socket.socket]:
    keep_few_kernels()  # read in the process that workers are forked from, which begins with the first
    here, there = socket.socketpair()
    process = _context.Process(target=work, args=(there,), name="cardiode-worker", daemon=True)
    process.start()
    there.close()
    return process, here


def _packed(message: object) -> bytes:
    # Not as multiprocessing packs it: torch has taught it to share the memory of each tensor, which costs more than to
    # copy it.
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


class Until:
    """The moment until which a batch is solved; it has come when the batch is given up."""

    moment = math.inf

    def __call__(self) -> float:
        """By `time.monotonic`."""
        return self.moment

    def give_up(self, *_: object) -> None:
        """Handle the signal. One that comes between batches counts for none: the next one has a moment of its own."""
        self.moment = -math.inf


def work(asked: socket.socket) -> None:
    """Solve what comes, until nothing more can come."""
    until = Until()
    signal.signal(GIVE_UP, until.give_up)
    with suppress(OSError):  # the service has ended
        asked.sendall(BEGUN)
    # These may be sent to all processes of the service; it ends its workers itself, when everything is answered.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    use_one_core()
    keep_freed_memory()
    gc.freeze()
    classifiers: dict[str, Classifier] = {}
    with asked, asked.makefile("rb") as messages, suppress(EOFError, OSError):  # the service has ended
        while True:
            match _next(messages):
                case Learn(sha256, classifier):
                    classifiers[sha256] = classifier
                case Forget(sha256):
                    del classifiers[sha256]
                case Solve() as batch:
                    until.moment = batch.deadline
                    asked.sendall(_packed(_answer(classifiers[batch.sha256], batch, until)))


def _next(messages: BinaryIO) -> Any:
    """The next message. Raises EOFError where there is none."""
    (length,) = LENGTH.unpack(_exactly(messages, LENGTH.size))
    return pickle.loads(_exactly(messages, length))  # noqa: S301 - what we have sent ourselves


def _exactly(messages: BinaryIO, length: int) -> bytes:
    read = messages.read(length)
    if len(read) < length:
        raise EOFError
    return read


def _answer(classifier: Classifier, batch: Solve, until: Until) -> Decisions | Exception:
    try:
        return classifier.decide(batch.beats, batch.solver, deadline=until)
    except Exception as error:
        error.add_note(traceback.format_exc())
        return _portable(error)


def _portable(error: Exception) -> Exception:
    """The error, or one with the same message where it cannot be pickled."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:
        return RuntimeError("".join(traceback.format_exception(error)))
    return error
