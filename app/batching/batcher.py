"""The batcher: beats of different requests are solved together, and their decisions go home to their requests.

A batch costs little more than one of its beats, and a beat's answer depends on that beat alone, so company changes
nothing but the cost. While a batch is being solved, beats wait for company, for a moment at most: the next batch is
then larger, and the core that another worker would take is free for answering. The queue is bounded in beats, because
beats are what takes time, and in the time until it is a newcomer's turn: those who are let in are answered soon,
however many are not. Beats of recordings, which have their places elsewhere, are not counted in it; those that nobody
waits for, of shadows, have a place in it while it is not half full, and take none from others
(`app.batching.batch.Urgency`).
"""

import asyncio
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Protocol

import numpy as np
from jaxtyping import Float32

from app.batching.batch import Asked, Piece, SolvedBatch, Urgency, Way
from app.batching.limiter import Busy
from app.batching.queue import Queue
from app.batching.worker import Worker, WorkerLost
from app.metrics.metrics import Metrics
from ecg import BeatsInContext
from models import Decisions
from models.checkpoint.abstention import confidence_for

MOST_RETRY_SECONDS = 30

ENOUGH = 64
"""Beats that are solved together at hardly more cost each than many are: they need not wait for company."""

MOMENT = 1e-3
"""Seconds. A wait shorter than this is over: event loops may come so much too early."""


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
        """A batch was, and its answers are on their way."""


class Batcher:
    """Lets workers solve batches of `most_beats` at most, taken from a queue of `queue_beats` at most.

    Beats wait for others for `wait` seconds at most. Requests of one way take turns, and so do ways: a large request
    does not keep a small one waiting until it is done. Whoever would wait for more than about `queue_seconds` for the
    first turn is not let in.

    It belongs to the event loop in which it is asked, and never waits there: workers solve elsewhere.
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
        self._idle = list(workers)
        """Those that have nothing to do; who was the last to have something is the first to get more."""
        self._under_way: set[asyncio.Task[None]] = set()
        """Batches that are being solved."""
        self._solving: Counter[Urgency] = Counter()
        """How many of them are of which urgency."""
        self._bulk_began = False
        """The last of them is of bulk."""
        self._queues: OrderedDict[Way, Queue] = OrderedDict()
        self._alarm: asyncio.TimerHandle | None = None
        """Until the first of those that wait for company should wait no longer."""
        self._quickest: dict[str, float] = {}
        """Seconds that the quickest batch of each model took."""
        self._pace = 0.0
        """Beats a second that all workers solved together lately."""
        self._closed = False
        metrics.queued_beats.set_function(lambda: self._queued)
        metrics.most_queued_beats.set(queue_beats)

    async def close(self) -> None:
        """Solve what is queued, and end the workers."""
        self._closed = True
        self._go_on()
        while self._under_way:
            await asyncio.wait(self._under_way)
        await asyncio.gather(*(worker.close() for worker in self.workers))

    def check(self) -> None:
        """Whether a request may come now, which costs less than to read it first. Raises Busy."""
        # A batch for each worker may wait in any case, or one of them would have none.
        most = max(self.queue_seconds * self._prompt_pace, len(self.workers) * self.most_beats)
        if not self._pace or self._before_a_newcomer <= most:
            return
        self._drop(time.monotonic())  # it may be full of those who have left
        if (before := self._before_a_newcomer) > most:
            raise Busy(f"{before:,} beats would be solved before", self._retry_seconds())

    @property
    def _queued(self) -> int:
        """Prompt beats that wait."""
        return sum(queue.beats for way, queue in self._queues.items() if way.urgency == "prompt")

    @property
    def _before_a_newcomer(self) -> int:
        """Of them, those whose turn is before that of a request that comes now."""
        return sum(queue.before_a_newcomer for way, queue in self._queues.items() if way.urgency == "prompt")

    @property
    def _prompt_pace(self) -> float:
        """What is left of the pace for prompt beats while one worker, or half of the time of all there are, is not."""
        bulk = self._solving["bulk"] or any(way.urgency == "bulk" for way in self._queues)
        return self._pace * (1 - 1 / max(len(self.workers), 2)) if bulk else self._pace

    async def decide(
        self, way: Way, beats: Float32[np.ndarray, "beat length"], coverage: float, seconds: float
    ) -> Decisions:
        """What the model says of these beats, as `ask` has it."""
        answer = self.ask(way, beats, coverage, seconds)
        try:
            return await answer
        finally:
            answer.cancel()

    def ask(
        self, way: Way, beats: Float32[np.ndarray, "beat length"], coverage: float, seconds: float
    ) -> "asyncio.Future[Decisions]":
        """What the model will have said of these beats, which must have been checked, within so many seconds.

        Where they are infinitely many, and for bulk, the queue has no end: whoever asks so has a place elsewhere.
        Raises Busy where it is full, WorkerLost once the batcher is closed, and what `Classifier.classify` raises for
        a coverage. The future may have TooLate, and what `Classifier.classify` raises for a way. Cancel it where nobody
        waits for it any more: what is left of it is then not solved.
        """
        if self._closed:
            raise WorkerLost("the service is ending its workers")
        least = confidence_for(way.model.classifier.abstention, coverage)
        loop = asyncio.get_running_loop()
        now = time.monotonic()
        asked = Asked(beats, now + seconds, least, loop.create_future(), now)
        if self.onlooker is not None and seconds < math.inf:  # not of each beat of a recording or a live signal
            self.onlooker.queued(asked)
        self._put(way, asked)
        if seconds < math.inf:
            expiry = loop.call_later(seconds, _expire, asked)
            asked.answer.add_done_callback(lambda _: expiry.cancel())
        return asked.answer

    def _put(self, way: Way, asked: Asked) -> None:
        if way.urgency == "spare":
            waiting = sum(queue.beats for other, queue in self._queues.items() if other.urgency != "bulk")
            self._check_room(asked, waiting, self.queue_beats // 2)
        elif way.urgency == "prompt" and asked.deadline < math.inf:
            self.check()
            self._check_room(asked, self._queued, self.queue_beats)
        if way not in self._queues:
            self._queues[way] = Queue(self.most_beats)
        self._queues[way].append(asked)
        if self._alarm is None or self._are_enough(way):
            self._go_on()

    def _check_room(self, asked: Asked, queued: int, most: int) -> None:
        if queued + asked.left > most:
            raise Busy(f"{queued:,} beats are waiting", self._retry_seconds())

    def _retry_seconds(self) -> int:
        """About how long it takes until the queue is solved."""
        seconds = self._queued / self._prompt_pace if self._pace else 1
        return min(max(math.ceil(seconds), 1), MOST_RETRY_SECONDS)

    def _go_on(self) -> None:
        """Let workers that have nothing to do begin what should wait no longer, and come back for what may."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        while self._idle and self._queues:
            now = time.monotonic()
            self._drop(now)
            waits = {way: self._wait_of(way, now) for way in self._turns()}
            due = next((way for way, seconds in waits.items() if seconds < MOMENT), None)
            if due is not None:
                self._begin(due)
                continue
            if waits:
                self._alarm = asyncio.get_running_loop().call_later(min(waits.values()), self._go_on)
            return

    def _turns(self) -> list[Way]:
        """The ways whose turn it may be: spare ones only while there is no other.

        One worker at most solves beats that are not prompt, so that another is there for who comes.
        """
        taken = self._solving["bulk"] or self._solving["spare"]
        ways = [way for way in self._queues if way.urgency == "prompt" or not taken]
        if self._bulk_began:  # with however many solvers bulk is asked for, others have every second turn
            ways.sort(key=lambda way: way.urgency != "prompt")
        return [way for way in ways if way.urgency != "spare"] or ways

    def _wait_of(self, way: Way, now: float) -> float:
        """How long the beats of a way should wait for others: not at all where no other request is being solved."""
        if way.urgency != "prompt" or self._closed or not self._solving["prompt"] or self._are_enough(way):
            return 0
        return self._queues[way].since + self.wait - now

    def _are_enough(self, way: Way) -> bool:
        """Whether so many beats of a way wait that more would not make it cheaper to solve them."""
        return self._queues[way].beats >= min(ENOUGH, self.most_beats)

    def _drop(self, now: float) -> None:
        """Forget what nobody waits for, and what could not be there in time."""
        for way, queue in list(self._queues.items()):
            for asked in queue.drop(now, self._quickest.get(way.model.identity.sha256, 0.0)):
                _expire(asked)
            if not queue.beats:
                del self._queues[way]

    def _begin(self, way: Way) -> None:
        """Let a worker solve a batch of one way; what is left of them is the last in turn."""
        queue = self._queues.pop(way)
        pieces = queue.take(self._room(way, queue))
        if queue.beats:
            self._queues[way] = queue
        self._solving[way.urgency] += 1
        self._bulk_began = way.urgency == "bulk"
        task = asyncio.get_running_loop().create_task(self._solve(self._idle.pop(), way, pieces))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _room(self, way: Way, queue: Queue) -> int:
        """How many beats a batch takes: workers that have nothing to do share them, while that is worth it."""
        share = math.ceil(queue.beats / len(self._idle))
        bulk = self.most_beats if len(self._idle) > 1 else ENOUGH
        room = {"prompt": max(share, ENOUGH), "bulk": bulk, "spare": self.most_beats}[way.urgency]
        return min(self.most_beats, room)

    async def _solve(self, worker: Worker, way: Way, pieces: Sequence[Piece]) -> None:
        started = time.monotonic()
        for piece in pieces:
            if piece.start == 0 and way.urgency == "prompt":
                self.metrics.batch_wait_seconds.observe(started - piece.asked.since)
        try:
            parts = await _decisions(worker, way, pieces)
        finally:
            self._solving[way.urgency] -= 1
            self._idle.append(worker)
        ended = time.monotonic()
        self._note(way, pieces, ended - started)
        self._go_on()  # before all else, so that the worker need not wait for it
        _deliver(pieces, parts)
        if self.onlooker is not None:
            self.onlooker.solved(SolvedBatch(way, pieces, parts, started, ended))

    def _note(self, way: Way, pieces: Sequence[Piece], seconds: float) -> None:
        """Learn from a batch that has been solved."""
        beats = sum(len(piece.beats) for piece in pieces)
        self.metrics.batch_beats.labels(model=way.model.identity.name).observe(beats)
        if way.urgency == "prompt" and beats >= min(ENOUGH, self.most_beats):
            # Few at once tell nothing of how fast many are solved.
            pace = len(self.workers) * beats / max(seconds, 1e-6)
            self._pace += (0.2 if self._pace else 1) * (pace - self._pace)
        quickest = self._quickest.get(way.model.identity.sha256, math.inf)
        self._quickest[way.model.identity.sha256] = min(quickest, seconds)


async def _decisions(worker: Worker, way: Way, pieces: Sequence[Piece]) -> list[Decisions | Exception]:
    """The decisions on each piece; where a batch fails, each is tried alone, so that none fails for another."""
    try:
        values = np.concatenate([piece.beats for piece in pieces])
        beats = BeatsInContext(values) if way.in_context else values
        decisions = await worker.classify(way.model, beats, way.solver)
        return _parts(decisions, pieces)
    except Exception as error:
        if len(pieces) == 1:
            return [error]
        # Nobody waits any longer for what is done already: it need not be tried.
        return [error if piece.asked.answer.done() else (await _decisions(worker, way, [piece]))[0] for piece in pieces]


def _parts(decisions: Decisions, pieces: Sequence[Piece]) -> list[Decisions | Exception]:
    """Those on each piece, which may ask for another coverage than its neighbour."""
    sizes = [len(piece.beats) for piece in pieces]
    least = np.repeat(np.array([piece.asked.least_confidence for piece in pieces], np.float32), sizes)
    decisions = replace(decisions, least_confidence=least)
    if len(pieces) > 1:
        _ = decisions.rows  # found of all at once, which costs a tenth of finding it of each part
    return [decisions.part(end - size, end) for size, end in zip(sizes, accumulate(sizes), strict=True)]


def _deliver(pieces: Sequence[Piece], parts: Sequence[Decisions | Exception]) -> None:
    """Give each request what is complete, or failed."""
    for piece, part in zip(pieces, parts, strict=True):
        answer = piece.asked.answer
        if answer.done():
            continue
        if isinstance(part, Exception):
            answer.set_exception(part)
            continue
        piece.asked.parts[piece.start] = part
        if whole := piece.asked.whole:
            answer.set_result(whole)


def _expire(asked: Asked) -> None:
    if not asked.answer.done():
        asked.answer.set_exception(TooLate(asked.deadline - asked.since))
