"""The batcher: beats of different requests are solved together, and their decisions go home to their requests.

A batch costs little more than one of its beats, and a beat's answer depends on that beat alone, so company changes
nothing but the cost. While a batch is being solved, beats wait for company, for a moment at most: the next batch is
then larger, and the core that another worker would take is free for answering. The queue is bounded in beats, because
beats are what takes time, and in the time until it is a newcomer's turn: those who are let in are answered soon,
however many are not. Beats that nobody waits for, those of shadows, have a place in it while it is not half full, take
none from others, and are solved while there are no others.
"""

import asyncio
import math
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

import numpy as np
from jaxtyping import Float32

from app.batch import Answer, Asked, Piece, SolvedBatch, Way
from app.metrics import Metrics
from app.places import Busy
from app.worker import Worker
from models import Decisions
from models.abstention import confidence_for

MOST_RETRY_SECONDS = 30

ENOUGH = 64
"""Beats that are solved together at hardly more cost each than many are: they need not wait for company."""


class TooLate(Exception):
    """The answer cannot arrive before the deadline."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the answer could not be there within {1e3 * seconds:,.0f} ms, which is the deadline; come again when the "
            "service is less busy, send fewer beats, or allow more by the header Cardiode-Deadline-Ms"
        )


class Onlooker(Protocol):
    """Is told what becomes of requests. It must neither raise nor take long."""

    def queued(self, asked: Asked) -> None:
        """A request is about to be: called where it is asked."""

    def solved(self, batch: SolvedBatch) -> None:
        """A batch was, and its answers are on their way: called by a thread that would take the next one."""


class Batcher:
    """Lets workers solve batches of `most_beats` at most, taken from a queue of `queue_beats` at most.

    Beats wait for others for `wait` seconds at most. Requests of one way take turns, and so do ways: a large request
    does not keep a small one waiting until it is done. Whoever would wait for more than about `queue_seconds` for the
    first turn is not let in.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        *,
        wait: float,
        most_beats: int,
        queue_beats: int,
        queue_seconds: float,
        metrics: Metrics,
        onlooker: Onlooker | None = None,
    ) -> None:
        self.workers = workers
        self.wait = wait
        self.most_beats = most_beats
        self.queue_beats = queue_beats
        self.queue_seconds = queue_seconds
        self.metrics = metrics
        self.onlooker = onlooker
        self._changed = threading.Condition()
        self._queues: OrderedDict[Way, deque[Asked]] = OrderedDict()
        self._queued: Counter[bool] = Counter()
        """Beats that wait: spare ones, and others."""
        self._before_a_newcomer = 0
        """Of those others, beats whose turn is before that of a request that comes now: a batch of each at most."""
        self._solving: Counter[bool] = Counter()
        """Batches that are being solved: of spare beats, and others."""
        self._quickest: dict[str, float] = {}
        """Seconds that the quickest batch of each model took."""
        self._pace = 0.0
        """Beats a second that all workers solved together lately."""
        self._closed = False
        self._threads = [
            threading.Thread(target=self._feed, args=(worker,), name=f"feeder-{number}", daemon=True)
            for number, worker in enumerate(workers)
        ]
        for thread in self._threads:
            thread.start()
        metrics.queued_beats.set_function(lambda: self._queued[False])
        metrics.most_queued_beats.set(queue_beats)

    def close(self) -> None:
        """Solve what is queued, and end the workers."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        for worker in self.workers:
            worker.close()

    def check(self) -> None:
        """Whether a request may come now, which costs less than to read it first. Raises Busy."""
        with self._changed:
            self._check_turn()

    async def decide(
        self, way: Way, beats: Float32[np.ndarray, "beat 187"], coverage: float, seconds: float
    ) -> Decisions:
        """What the model says of these beats, as `ask` has it."""
        answer = self.ask(way, beats, coverage, seconds)
        try:
            return await answer
        finally:
            answer.cancel()

    def ask(
        self, way: Way, beats: Float32[np.ndarray, "beat 187"], coverage: float, seconds: float
    ) -> "asyncio.Future[Decisions]":
        """What the model will have said of these beats, which must have been checked, within so many seconds.

        Raises Busy where the queue is full, and what `Classifier.classify` raises for a coverage. The future may have
        TooLate, and what `Classifier.classify` raises for a way. Cancel it where nobody waits for it any more: what is
        left of it is then not solved.
        """
        least = confidence_for(way.model.classifier.abstention, coverage)
        loop = asyncio.get_running_loop()
        asked = Asked(beats, time.monotonic() + seconds, least, loop.create_future())
        if self.onlooker is not None:
            self.onlooker.queued(asked)
        self._put(way, asked)
        expiry = loop.call_later(seconds, _set, [(asked, TooLate(seconds))])
        asked.answer.add_done_callback(lambda _: expiry.cancel())
        return asked.answer

    def _put(self, way: Way, asked: Asked) -> None:
        with self._changed:
            if not way.spare:
                self._check_turn()
            queued = self._queued.total() if way.spare else self._queued[False]
            if queued + asked.left > (self.queue_beats // 2 if way.spare else self.queue_beats):
                raise Busy(f"{queued:,} beats are waiting", self._retry_seconds())
            self._queues.setdefault(way, deque()).append(asked)
            self._queued[way.spare] += asked.left
            if not way.spare:
                self._before_a_newcomer += self._turn(asked)
            self._changed.notify()

    def _check_turn(self) -> None:
        # A batch for each worker may wait in any case, or one of them would have none.
        most = max(self.queue_seconds * self._pace, len(self.workers) * self.most_beats)
        if not self._pace or self._before_a_newcomer <= most:
            return
        self._drop(time.monotonic())  # it may be full of those who have left
        if self._before_a_newcomer > most:
            raise Busy(f"{self._before_a_newcomer:,} beats would be solved before", self._retry_seconds())

    def _turn(self, asked: Asked) -> int:
        """Beats of a request that are solved before another one's that comes after it."""
        return min(asked.left, self.most_beats)

    def _retry_seconds(self) -> int:
        """About how long it takes until the queue is solved."""
        seconds = self._queued[False] / self._pace if self._pace else 1
        return min(max(math.ceil(seconds), 1), MOST_RETRY_SECONDS)

    def _feed(self, worker: Worker) -> None:
        while batch := self._next():
            way, pieces = batch
            started = time.monotonic()
            parts = _solve(worker, way, pieces)
            ended = time.monotonic()
            self._note(way, pieces, ended - started)
            self._deliver(pieces, parts)
            if self.onlooker is not None:
                self.onlooker.solved(SolvedBatch(way, pieces, parts, started, ended))

    def _next(self) -> tuple[Way, list[Piece]] | None:
        """The next batch, as soon as there is one that should wait no longer; None when all is done."""
        with self._changed:
            while True:
                now = time.monotonic()
                self._drop(now)
                waits = {way: self._wait_of(way, now) for way in self._turns()}
                for way, seconds in waits.items():
                    if seconds <= 0:
                        return way, self._take(way)
                if self._closed and not self._queues:
                    return None
                self._changed.wait(min(waits.values(), default=None))

    def _turns(self) -> list[Way]:
        """The ways whose turn it may be: spare ones only while there is no other.

        One worker at most solves spare beats, so that another is there for who comes.
        """
        asked = [way for way in self._queues if not way.spare]
        return asked or ([] if self._solving[True] else list(self._queues))

    def _wait_of(self, way: Way, now: float) -> float:
        """How long the beats of a way should wait for others: not at all where no other request is being solved."""
        if way.spare or self._closed or not self._solving[False]:
            return 0
        if self._waiting(way) >= min(ENOUGH, self.most_beats):
            return 0
        return min(asked.since for asked in self._queues[way]) + self.wait - now

    def _waiting(self, way: Way) -> int:
        """Beats of a way that wait."""
        return sum(asked.left for asked in self._queues[way])

    def _room(self, way: Way) -> int:
        """How many of them a batch takes: workers that have nothing to do share them, while that is worth it."""
        idle = len(self.workers) - self._solving.total()
        share = math.ceil(self._waiting(way) / idle)
        return self.most_beats if way.spare else min(self.most_beats, max(share, ENOUGH))

    def _drop(self, now: float) -> None:
        """Forget what nobody waits for, and what could not be there in time."""
        for way, queue in list(self._queues.items()):
            earliest = now + self._quickest.get(way.model.identity.sha256, 0.0)
            for asked in [asked for asked in queue if asked.answer.done() or asked.deadline < earliest]:
                queue.remove(asked)
                self._queued[way.spare] -= asked.left
                self._before_a_newcomer -= 0 if way.spare else self._turn(asked)
                _send([(asked, TooLate(asked.deadline - asked.since))])
            if not queue:
                del self._queues[way]

    def _take(self, way: Way) -> list[Piece]:
        """A batch of one way, a piece of each request in turn; what is left of them goes to the end of the queue."""
        most = room = self._room(way)
        queue, pieces = self._queues.pop(way), []
        now = time.monotonic()
        while queue and room:
            asked = queue.popleft()
            if not (asked.taken or way.spare):
                self.metrics.batch_wait_seconds.observe(now - asked.since)
            piece = Piece(asked, asked.taken, min(asked.taken + room, len(asked.beats)))
            pieces.append(piece)
            turn = self._turn(asked)
            asked.taken = piece.stop
            self._before_a_newcomer -= 0 if way.spare else turn - self._turn(asked)
            room -= len(piece.beats)
            if asked.left:
                queue.append(asked)
        if queue:
            self._queues[way] = queue
            self._changed.notify()  # another worker may go on with them
        self._queued[way.spare] -= most - room
        self._solving[way.spare] += 1
        return pieces

    def _note(self, way: Way, pieces: list[Piece], seconds: float) -> None:
        beats = sum(len(piece.beats) for piece in pieces)
        self.metrics.batch_beats.labels(model=way.model.identity.name).observe(beats)
        pace = len(self.workers) * beats / max(seconds, 1e-6)
        with self._changed:
            self._solving[way.spare] -= 1
            if way.spare:
                self._changed.notify_all()  # they may have left spare beats to this one
            elif beats >= min(ENOUGH, self.most_beats):  # few at once tell nothing of how fast many are solved
                self._pace += (0.2 if self._pace else 1) * (pace - self._pace)
            quickest = self._quickest.get(way.model.identity.sha256, math.inf)
            self._quickest[way.model.identity.sha256] = min(quickest, seconds)

    def _deliver(self, pieces: Sequence[Piece], parts: Sequence[Decisions | Exception]) -> None:
        """Give each request what is complete, or failed."""
        answers: list[Answer] = []
        with self._changed:
            for piece, part in zip(pieces, parts, strict=True):
                if isinstance(part, Decisions):
                    piece.asked.parts[piece.start] = part
                if answer := piece.asked.whole if isinstance(part, Decisions) else part:
                    answers.append((piece.asked, answer))
        _send(answers)


def _solve(worker: Worker, way: Way, pieces: Sequence[Piece]) -> list[Decisions | Exception]:
    """The decisions on each piece; where a batch fails, each is tried alone, so that none fails for another."""
    try:
        decisions = worker.classify(way.model, np.concatenate([piece.beats for piece in pieces]), way.solver)
    except Exception as error:
        if len(pieces) == 1:
            return [error]
        # Nobody waits any longer for what is done already: it need not be tried.
        return [error if piece.asked.answer.done() else _solve(worker, way, [piece])[0] for piece in pieces]
    ends = np.cumsum([len(piece.beats) for piece in pieces]).tolist()
    return [decisions.part(end - len(piece.beats), end) for piece, end in zip(pieces, ends, strict=True)]


def _send(answers: Sequence[Answer]) -> None:
    """Wake those who wait for these; all of them do so in the same event loop."""
    if not answers:
        return
    # Of a service that ended before them, none does.
    with suppress(RuntimeError):
        answers[0][0].answer.get_loop().call_soon_threadsafe(_set, answers)


def _set(answers: Sequence[Answer]) -> None:
    for asked, answer in answers:
        if asked.answer.done():
            continue
        if isinstance(answer, Exception):
            asked.answer.set_exception(answer)
        else:
            asked.answer.set_result(answer)
