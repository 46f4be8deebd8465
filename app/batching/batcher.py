"""The batcher: beats of different requests are solved together, and their decisions go home to their requests.

A batch costs little more than one of its beats, and a beat's answer depends on that beat alone, so company changes
nothing but the cost. While others of the same settings, or client, are being solved, beats wait for company, for a
moment at most: the next batch is then larger, and the core that another worker would take is free for answering. The
queue is bounded in beats, because beats are what takes time, and in the time until it is a newcomer's turn: those who
are let in are answered soon, however many are not. Clients take turns first, then what they ask for
(`app.batching.turns`): neither many requests nor many settings of one keep another waiting, and a worker is left for
others while there are any. Beats of recordings, which have their places elsewhere, are not counted in it; those that
nobody waits for, of shadows, have a place in it while it is not half full, and take none from others
(`app.batching.batch.Urgency`).
"""

import asyncio
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from app.batching.batch import BatchKey, PendingRequest, Piece, SolvedBatch, Urgency
from app.batching.delivery import deliver, expire, parts_of, seconds_by_client
from app.batching.experience import Experience
from app.batching.queue import Queue
from app.batching.turns import RECENT_SECONDS, Turns
from app.batching.worker import Worker
from app.errors import Busy, WorkerLost
from app.keys.bill import Bill
from app.metrics.metrics import Metrics
from models import Decisions

MOST_RETRY_SECONDS = 30

ENOUGH = 64
"""Beats that are solved together at hardly more cost each than many are: they need not wait for company."""

SHORT, ALONE = 800.0, 12
"""A batch takes as long as the effort of a beat, times its beats and these: what an evaluation costs beside its beats.
One of at most so much is over in some 20 ms, as long as others should wait at most."""

LONG = 2000.0
"""Effort of a beat which takes the better part of a second, with however little company."""

MOMENT = 1e-3
"""Seconds. A wait shorter than this is over: event loops may come so much too early."""


@runtime_checkable
class Observer(Protocol):
    """Observes what becomes of requests. It must neither raise nor take long."""

    def queued(self, request: PendingRequest) -> None:
        """A request is about to be: called where it is submitted."""

    def solved(self, batch: SolvedBatch) -> None:
        """A batch was, and its answers are on their way."""


class Batcher:
    """Lets workers solve batches of `most_beats` at most, taken from a queue of `queue_beats` at most.

    Beats wait for others for `wait` seconds at most. Clients take turns, and so do the keys and the requests of each: a
    large request does not keep a small one waiting until it is done. Whoever would wait for more than about
    `queue_seconds` for the first turn is not let in. While others are there, a client that all workers but one work for
    does not have the last one; nor do ever batches have all of them that take long. A batch is broken off after
    `batch_seconds`, and before, once nobody waits for it or every deadline of those who do has come.

    It belongs to the event loop in which requests are submitted, and never waits there: workers solve elsewhere.
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
        batch_seconds: float = math.inf,
        observer: Observer | None = None,
    ) -> None:
        self.workers = workers
        self.wait = wait
        self.most_beats = most_beats
        self.queue_beats = queue_beats
        self.queue_seconds = queue_seconds
        self.metrics = metrics
        self.batch_seconds = batch_seconds
        self.observer = observer
        self._idle = list(workers)
        """Those that have nothing to do; who was the last to have something is the first to get more."""
        self._under_way: set[asyncio.Task[None]] = set()
        """Batches that are being solved."""
        self._solving: Counter[Urgency] = Counter()
        """How many of them are of which urgency."""
        self._bulk_began = False
        """The last of them is of bulk."""
        self._running: dict[Worker, _Running] = {}
        """What each worker solves."""
        self._lasting: set[Worker] = set()
        """Those whose batches may take long."""
        self._queues: OrderedDict[BatchKey, Queue] = OrderedDict()
        self._before: Counter[str] = Counter()
        """Prompt beats of each client, over all queues, whose turn is before that of another request of it."""
        self._turns = Turns()
        self._experience = Experience(len(workers), min(ENOUGH, most_beats))
        self._alarm: asyncio.TimerHandle | None = None
        """Until the first of those that wait for company should wait no longer."""
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

    def check(self, client: str = "") -> None:
        """Whether a request of a client may come now, which costs less than to read it first. Raises Busy."""
        # A batch for each worker may wait in any case, or one of them would have none.
        most = max(self.queue_seconds * self._prompt_pace, len(self.workers) * self.most_beats)
        if not self._experience.pace or self._before_a_newcomer(client) <= most:
            return
        self._drop(time.monotonic())  # it may be full of those who have left
        if (before := self._before_a_newcomer(client)) > most:
            raise Busy(
                f"the queue is full: {before:,} beats are ahead of this request, expected at most {int(most):,}",
                self._retry_seconds(),
            )

    @property
    def _queued(self) -> int:
        """Prompt beats that wait."""
        return sum(queue.beats for key, queue in self._queues.items() if key.urgency == "prompt")

    def _before_a_newcomer(self, client: str) -> int:
        """Of them, those whose turn is before that of a request that a client sends now.

        While it waits for others of its own, each other client has as many turns, and one more.
        """
        own = self._before[client]
        return own + sum(min(beats, own + self.most_beats) for other, beats in self._before.items() if other != client)

    @property
    def _prompt_pace(self) -> float:
        """What is left of the pace for prompt beats while one worker, or half of the time of all there are, is not."""
        bulk = self._solving["bulk"] or any(key.urgency == "bulk" for key in self._queues)
        pace = self._experience.pace
        return pace * (1 - 1 / max(len(self.workers), 2)) if bulk else pace

    def expected_effort(self, key: BatchKey) -> float:
        """About what a beat takes: as much as by the same settings lately, or as such settings do."""
        return self._experience.effort(key)

    async def decide(
        self,
        key: BatchKey,
        beats: Float32[np.ndarray, "beat length"],
        least_confidence: float,
        seconds: float,
        client: str = "",
        bill: Bill | None = None,
    ) -> Decisions:
        """The decisions on these beats, as `submit` has it."""
        answer = self.submit(key, beats, least_confidence, seconds, client, bill)
        try:
            return await answer
        finally:
            answer.cancel()

    def submit(
        self,
        key: BatchKey,
        beats: Float32[np.ndarray, "beat length"],
        least_confidence: float,
        seconds: float,
        client: str = "",
        bill: Bill | None = None,
    ) -> "asyncio.Future[Decisions]":
        """The decisions that there will be on these beats, which must have been checked, within so many seconds.

        What was solved is put on the bill, whatever becomes of the answer.

        Where they are infinitely many, and for bulk, the queue has no end: whoever asks so has a place elsewhere.
        Raises Busy where it is full, and WorkerLost once the batcher is closed. The future may have TooLate, and what
        `Worker.decide` raises. Cancel it where nobody waits for it any more: what is left of it is then not solved.
        """
        if self._closed:
            raise WorkerLost("the service is stopping its workers")
        loop = asyncio.get_running_loop()
        now = time.monotonic()
        request = PendingRequest(beats, now + seconds, least_confidence, loop.create_future(), now, client)
        if self.observer is not None and seconds < math.inf:  # not of each beat of a recording or a live signal
            self.observer.queued(request)
        self._put(key, request, bill)
        request.answer.add_done_callback(lambda _: self._answered(request))
        if seconds < math.inf:
            expiry = loop.call_later(seconds, expire, request)
            request.answer.add_done_callback(lambda _: expiry.cancel())
        return request.answer

    def _put(self, key: BatchKey, request: PendingRequest, bill: Bill | None) -> None:
        if key.urgency == "spare":
            waiting = sum(queue.beats for other, queue in self._queues.items() if other.urgency != "bulk")
            self._check_room(waiting + request.left <= self.queue_beats // 2, waiting)
        elif key.urgency == "prompt" and request.deadline < math.inf:
            self.check(request.client)
            self._check_room(self._has_room(request), self._queued)
        if bill is not None:
            bill.open()
            request.bill = bill
        if key.urgency != "spare":
            self._turns.note(request.client)
        self._turns.join(request.client)
        if key not in self._queues:
            self._queues[key] = Queue(self.most_beats, self._before if key.urgency == "prompt" else None)
        self._queues[key].append(request)
        # An alarm that is for what waits for company rings soon enough for this request too.
        if (
            self._alarm is None
            or self._are_enough(key)
            or self._alarm.when() > asyncio.get_running_loop().time() + self.wait
        ):
            self._go_on()

    def _has_room(self, request: PendingRequest) -> bool:
        """Whether the queue has room for a request: while it is full, a client has an equal part of it all the same."""
        if self._queued + request.left <= self.queue_beats:
            return True
        waiting = [one for key, queue in self._queues.items() if key.urgency == "prompt" for one in queue]
        clients = {one.client for one in waiting} | {request.client}
        own = sum(one.left for one in waiting if one.client == request.client)
        return own + request.left <= self.queue_beats / len(clients) and len(clients) > 1

    def _check_room(self, room: bool, queued: int) -> None:
        if not room:
            raise Busy(f"the queue is full: {queued:,} beats are waiting", self._retry_seconds())

    def _answered(self, request: PendingRequest) -> None:
        """A request has its answer, or needs none any more: what is solved for nobody is given up."""
        if request.being_solved:
            for worker, running in self._running.items():
                if running.is_of(request) and not running.expected:
                    worker.give_up()
        request.settle()

    def _retry_seconds(self) -> int:
        """About how long it takes until the queue is solved."""
        seconds = self._queued / self._prompt_pace if self._experience.pace else 1
        return min(max(math.ceil(seconds), 1), MOST_RETRY_SECONDS)

    def _go_on(self) -> None:
        """Let workers that have nothing to do begin what should wait no longer, and come back for what may."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        while self._idle and self._queues:
            now = time.monotonic()
            self._drop(now)
            waits = {key: self._wait_of(key, now) for key in self._in_turn()}
            due = next((key for key, seconds in waits.items() if seconds < MOMENT and self._room(key)), None)
            if due is not None:
                self._begin(due)
                continue
            if waits:
                # What the last worker is kept from may have it once no others are there.
                seconds = min(seconds if seconds >= MOMENT else RECENT_SECONDS for seconds in waits.values())
                self._alarm = asyncio.get_running_loop().call_later(seconds, self._go_on)
            return

    def _in_turn(self) -> list[BatchKey]:
        """The keys whose turn it may be, in turn: spare ones only while there is no other.

        One worker at most solves beats that are not prompt, so that another is there for who comes.
        """
        taken = self._solving["bulk"] or self._solving["spare"]
        keys = [key for key in self._queues if key.urgency == "prompt" or not taken]
        keys.sort(key=lambda key: self._queues[key].first(self._turns.place)[0])
        if self._bulk_began:  # with however many solvers bulk is asked for, others have every second turn
            keys.sort(key=lambda key: key.urgency != "prompt")
        return [key for key in keys if key.urgency != "spare"] or keys

    def _wait_of(self, key: BatchKey, now: float) -> float:
        """How long the beats of a key should wait for others: not at all where no others can be expected soon.

        They can while some of the same settings are being solved, or of the same client.
        """
        queue = self._queues[key]
        others = sum(running.promises_none_for(key, queue) for running in self._running.values())
        if key.urgency != "prompt" or self._closed or self._solving["prompt"] <= others or self._are_enough(key):
            return 0
        return queue.since + self.wait - now

    def _are_enough(self, key: BatchKey) -> bool:
        """Whether so many beats of a key wait that more would not make it cheaper to solve them."""
        return self._queues[key].beats >= min(ENOUGH, self.most_beats)

    def _drop(self, now: float) -> None:
        """Forget what nobody waits for, and what could not be there in time."""
        for key, queue in list(self._queues.items()):
            for request in queue.drop(now, self._experience.quickest(key)):
                self._turns.leave(request.client)
                expire(request)
            if not queue.beats:
                del self._queues[key]

    def _begin(self, key: BatchKey) -> None:
        """Let a worker solve a batch of one key; what is left of them is the last in turn."""
        room = self._room(key)
        queue = self._queues.pop(key)
        pieces = queue.take(room, self._turns.place, self._shortly(key))
        if queue.beats:
            self._queues[key] = queue
        self._solving[key.urgency] += 1
        self._bulk_began = key.urgency == "bulk"
        running = _Running(key, pieces, frozenset(piece.request.client for piece in pieces))
        self._turns.begin(running.clients)
        for piece in pieces:
            piece.request.being_solved += 1
            if not piece.request.left:
                self._turns.leave(piece.request.client)
        worker = self._idle.pop()
        self._running[worker] = running
        if self.expected_effort(key) > LONG:
            self._lasting.add(worker)
        task = asyncio.get_running_loop().create_task(self._solve(worker, key, pieces))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _room(self, key: BatchKey) -> int:
        """How many beats a batch takes: workers that have nothing to do share them, while that is worth it.

        None where one of several workers is to be left for others.
        """
        queue = self._queues[key]
        share = math.ceil(queue.beats / len(self._idle))
        bulk = self.most_beats if len(self._idle) > 1 else ENOUGH
        room = {"prompt": max(share, ENOUGH), "bulk": bulk, "spare": self.most_beats}[key.urgency]
        return min(self.most_beats, room, self._most_allowed(key, queue))

    def _most_allowed(self, key: BatchKey, queue: Queue) -> int:
        """How many beats of a key may be solved now: none where one of several workers is to be left for others."""
        others = len(self.workers) - 1
        if not others or self._closed:
            return self.most_beats
        if self.expected_effort(key) > LONG and len(self._lasting) >= others:
            return 0
        _, client = queue.first(self._turns.place)
        # Whatever it asks for: even a short batch would keep others waiting for as long as their own takes.
        greedy = self._turns.workers_of(client) >= others and not self._turns.is_alone(client)
        return 0 if greedy else self.most_beats

    def _shortly(self, key: BatchKey) -> int:
        """How many beats of a key are soon solved."""
        return max(int(SHORT / self.expected_effort(key)) - ALONE, 0)

    async def _solve(self, worker: Worker, key: BatchKey, pieces: Sequence[Piece]) -> None:
        started = time.monotonic()
        for piece in pieces:
            if piece.start == 0 and key.urgency == "prompt":
                self.metrics.batch_wait_seconds.observe(started - piece.request.since)
        parts: Sequence[Decisions | Exception] = [WorkerLost("the service has given it up")] * len(pieces)
        try:
            parts = await _decisions(worker, key, pieces, started + self.batch_seconds)
        finally:
            self._solving[key.urgency] -= 1
            del self._running[worker]
            self._lasting.discard(worker)
            self._idle.append(worker)
            ended = time.monotonic()
            self._turns.end(seconds_by_client(pieces, parts, ended - started))
        self.metrics.batch_beats.labels(model=key.model).observe(sum(len(piece.beats) for piece in pieces))
        self._experience.learn(key, pieces, parts, ended - started)
        self._go_on()  # before all else, so that the worker need not wait for it
        deliver(key, pieces, parts, self.batch_seconds)
        if self.observer is not None:
            self.observer.solved(SolvedBatch(key, pieces, parts, started, ended))


@dataclass(frozen=True)
class _Running:
    """A batch that is being solved."""

    key: BatchKey
    pieces: Sequence[Piece]
    clients: frozenset[str]

    @property
    def expected(self) -> bool:
        """Whether anybody waits for it."""
        return any(piece.expected for piece in self.pieces)

    def is_of(self, request: PendingRequest) -> bool:
        """Whether it has beats of a request."""
        return any(piece.request is request for piece in self.pieces)

    def promises_none_for(self, key: BatchKey, queue: Queue) -> bool:
        """Whether it is a prompt one after which no other beats of a key are more likely to come."""
        return self.key.urgency == "prompt" and self.key != key and not self.clients & queue.clients


async def _decisions(
    worker: Worker, key: BatchKey, pieces: Sequence[Piece], until: float
) -> list[Decisions | Exception]:
    """The decisions on each piece; where a batch fails, each is tried alone, so that none fails for another."""
    try:
        values = np.concatenate([piece.beats for piece in pieces])
        deadline = min(max(piece.request.deadline for piece in pieces), until)
        decisions = await worker.decide(key.classifier, values, key.solver, deadline)
        return parts_of(decisions, pieces)
    except Exception as error:
        if len(pieces) == 1:
            return [error]
        # Nobody waits any longer for what is done already: it need not be tried.
        return [(await _decisions(worker, key, [piece], until))[0] if piece.expected else error for piece in pieces]
