"""Load: clients that ask questions whose right answers they know, and note how each one ended."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np

from soak.connection import Connection, Reply, Unreached
from soak.marked import Question

HUNG_SECONDS = 90
"""Longer than the service gives any request."""
PAUSE = 0.05
"""Seconds before a client tries again to reach a service that is not there."""

End = Literal["right", "wrong", "refused", "failed", "broken", "unreached", "hung", "unsent"]
"""refused: with 503 and when to come again. failed: with any other status. broken: the connection ended before that.
unreached: there was none. hung: no answer came for so long that none will. unsent: no connection was free."""


@dataclass(frozen=True)
class Outcome:
    """How one question ended, when (in seconds of the monotonic clock), and after how many seconds."""

    end: End
    at: float
    seconds: float
    beats: int


class Load:
    """Clients of the service on this port; `outcomes` grows while they ask."""

    def __init__(self, port: int, questions: Sequence[Question]) -> None:
        self.outcomes: list[Outcome] = []
        self._port = port
        self._questions: Iterator[Question] = itertools.cycle(questions)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def ends(self) -> Counter[End]:
        """How many ended in which way."""
        return Counter(outcome.end for outcome in self.outcomes)

    @asynccontextmanager
    async def closed(self, clients: int) -> AsyncIterator[None]:
        """Meanwhile so many clients ask, each as soon as it is answered, and as the service says where it is refused.

        In the end what has been asked is answered.
        """
        going = asyncio.Event()
        going.set()
        tasks = [asyncio.create_task(self._client(going)) for _ in range(clients)]
        try:
            yield
        finally:
            going.clear()
            await asyncio.gather(*tasks)

    async def closed_for(self, clients: int, seconds: float) -> None:
        """The same, for so many seconds."""
        async with self.closed(clients):
            await asyncio.sleep(seconds)

    async def open_for(self, rate: float, seconds: float, connections: int) -> None:
        """So many questions a second, whatever becomes of them, over so many connections at most."""
        free = [Connection(self._port) for _ in range(connections)]
        started = time.monotonic()
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(started + number / rate - time.monotonic(), 0))
            question = next(self._questions)
            if free:
                task = asyncio.create_task(self._ask_by(free, question))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            else:
                self._note("unsent", time.monotonic(), question)
        await asyncio.gather(*self._tasks)
        for connection in free:
            connection.close()

    async def more(self, end: End, count: int, seconds: float = HUNG_SECONDS) -> bool:
        """Wait until so many more end in this way; whether they do within so many seconds."""
        enough, limit = self.ends[end] + count, time.monotonic() + seconds
        while self.ends[end] < enough and time.monotonic() < limit:
            await asyncio.sleep(PAUSE)
        return self.ends[end] >= enough

    async def _client(self, going: asyncio.Event) -> None:
        async with Connection(self._port) as connection:
            while going.is_set():
                await asyncio.sleep(await self._ask(connection, next(self._questions)))

    async def _ask_by(self, free: list[Connection], question: Question) -> None:
        connection = free.pop()
        await self._ask(connection, question)
        free.append(connection)

    async def _ask(self, connection: Connection, question: Question) -> float:
        """Seconds after which its client should go on."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(HUNG_SECONDS):
                reply = await connection.ask(question.request)
        except TimeoutError:
            self._note("hung", started, question)
        except Unreached:
            self._note("unreached", started, question)
            return PAUSE
        except (OSError, EOFError):
            self._note("broken", started, question)
        else:
            self._note(end_of(reply, question), started, question)
            return reply.retry or 0
        return 0

    def _note(self, end: End, started: float, question: Question) -> None:
        now = time.monotonic()
        self.outcomes.append(Outcome(end, now, now - started, len(question.probabilities)))


def end_of(reply: Reply, question: Question) -> End:
    """How a question ended that was answered."""
    if reply.status == 200:
        return "right" if question.is_answered_by(reply.body) else "wrong"
    return "refused" if reply.status == 503 and reply.retry is not None else "failed"


def slowest(outcomes: Sequence[Outcome]) -> float:
    """Seconds that 99 % of the right answers took at most; infinite where there are none."""
    seconds = [outcome.seconds for outcome in outcomes if outcome.end == "right"]
    return float(np.percentile(seconds, 99)) if seconds else float("inf")


def beats_right(outcomes: Sequence[Outcome]) -> int:
    """Beats that were answered rightly."""
    return sum(outcome.beats for outcome in outcomes if outcome.end == "right")


def between(outcomes: Sequence[Outcome], start: float, stop: float) -> list[Outcome]:
    """Those that ended in this time of the monotonic clock."""
    return [outcome for outcome in outcomes if start <= outcome.at < stop]
