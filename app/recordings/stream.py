"""WS /stream: a live signal in, its beats out as soon as they can be judged.

The client's first message, as JSON, is a `StreamRequest`; the answer is `{"stream": {...}}`. Then each message is a
piece of the signal of any length: JSON `{"signals": [[...], ...]}`, a list a lead, or 32-bit floats, little end first,
sample after sample and in each lead after lead. Beats come back as `{"beats": [...]}`. `{"end": true}` ends the signal:
the last beats follow, then `{"rhythm": {...}, "reason": null}`, and the connection is closed. What is wrong comes as
`{"problem": {...}}`, of the shape of every error, before the connection is closed with code 1008.

A client that sends nothing for CARDIODE_STREAM_SECONDS is told so in the same way. The next message is read when the
last one is worked on, so a client that is too fast is slowed down by its own connection.
"""

from functools import partial
from typing import Annotated, Any

import anyio
import anyio.to_thread
import numpy as np
from fastapi import APIRouter, WebSocket
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocketDisconnect

from app.batching.classifier import BatchedClassifier
from app.beats.request import LARGE_JSON
from app.http.problems import KINDS, problem_of
from app.http.schemas import Coverage, ModelIdentity, ModelName, SolverRequest
from app.http.validation import validated
from app.keys.allowance import Allowance
from app.middleware.access import SUBPROTOCOL, allowance_of
from app.recordings.analysis import solver_of
from app.recordings.schemas import beat_object, rhythm_response
from ecg import BeatStream, FoundBeats, InvalidSignals, Label, LiveContext, find_lead, preferred_lead, summarize
from ecg.source import MAX_NAME, check_unit
from models import annotate
from models.checkpoint.abstention import ALL, confidence_for

router = APIRouter(tags=["recordings"])

MAX_LEADS = 12
MAX_PIECE = 4_000_000
"""Values in one message."""

REFUSED = 1008

MESSAGE = "message"
"""What errors call what was sent."""


class StreamRequest(BaseModel):
    """How the signal comes, and how its beats shall be decided on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fs: float = Field(description="samples a second: 50 to 2,000")
    leads: list[Annotated[str, Field(max_length=MAX_NAME)]] = Field(
        min_length=1, max_length=MAX_LEADS, description="their names, in the order of the signals"
    )
    lead: str | None = Field(None, description="the one that beats are cut from; left out: II, or the first")
    unit: str = Field("mV", description="mV, uV or V")
    model: ModelName = None
    solver: SolverRequest | None = None
    coverage: Coverage = ALL


class StreamResponse(BaseModel):
    """What the service makes of it."""

    model: ModelIdentity
    lead: str


class Piece(BaseModel):
    """A piece of the signal, or its end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signals: list[list[float | None]] = Field(default_factory=list)
    end: bool = False


@router.websocket("/stream")
async def stream(socket: WebSocket) -> None:
    """Follow one live signal."""
    await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
    state = socket.app.state
    try:
        with state.stream_places.taken(), state.metrics.streams.track_inprogress():
            await _follow(socket)
    except WebSocketDisconnect:
        return
    except KINDS as error:
        kind, response = problem_of(error)
        state.metrics.errors.labels(kind=kind).inc()
        await socket.send_text(f'{{"problem":{bytes(response.body).decode()}}}')
        await socket.close(REFUSED)
    else:
        await socket.close()


async def _follow(socket: WebSocket) -> None:
    state = socket.app.state
    opened = await anyio.to_thread.run_sync(_Live, state, allowance_of(socket), await _message(socket))
    await socket.send_json({"stream": opened.description.model_dump()})
    while True:
        content = await _message(socket)
        limiter = state.readers if len(content) > LARGE_JSON else state.stream_threads
        beats, ended = await anyio.to_thread.run_sync(opened.push, content, limiter=limiter)
        if beats:
            await socket.send_json({"beats": beats})
        if ended:
            await socket.send_json(opened.end())
            return


async def _message(socket: WebSocket) -> bytes | str:
    """The next. Raises WebSocketDisconnect, and HTTPException where none comes in time."""
    seconds: float = socket.app.state.settings.stream_seconds
    try:
        with anyio.fail_after(seconds):
            message = await socket.receive()
    except TimeoutError:
        raise HTTPException(408, f"no whole message came within {seconds:g} s; open another stream to go on") from None
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    content: bytes | str | None = message.get("text")
    return content if content is not None else message["bytes"]


class _Live:
    """A live signal and what was said of it so far."""

    def __init__(self, state: Any, allowance: Allowance, first: bytes | str) -> None:
        allowance.check()
        if isinstance(first, bytes):
            raise InvalidSignals('got bytes as the first message, expected JSON such as {"fs": 250, "leads": ["II"]}')
        asked = validated(StreamRequest, first.encode(), MESSAGE)
        self.model = state.served.find(asked.model, state.served.for_beats)
        self.solver = solver_of(self.model, asked.solver)
        self.coverage = asked.coverage
        confidence_for(self.model.classifier.abstention, self.coverage)
        self.classifier = BatchedClassifier(self.model, state.batcher, "prompt")
        self.metrics = state.metrics
        self.allowance = allowance
        self.factor = check_unit(asked.unit)
        name = find_lead(asked.leads, asked.lead) if asked.lead else preferred_lead(asked.leads) or asked.leads[0]
        lead = asked.leads.index(name)
        self.found = BeatStream(len(asked.leads), asked.fs, lead, live=True)
        self.order = [lead, *(other for other in range(len(asked.leads)) if other != lead)]
        self.context = LiveContext(len(asked.leads), asked.fs) if self.model.classifier.in_context else None
        self.description = StreamResponse(model=self.model.identity, lead=name)
        self.times: list[float] = []
        self.labels: list[Label | None] = []
        self.broken: list[bool] = []

    def push(self, content: bytes | str) -> tuple[list[dict[str, Any]], bool]:
        """The beats that one message brought, and whether it ends the signal."""
        if isinstance(content, bytes):
            return self._follow(self._from_bytes(content)), False
        piece = validated(Piece, content.encode(), MESSAGE)
        beats = self._follow(self._from_lists(piece.signals)) if piece.signals else []
        if piece.end:
            beats += self._beats(self.found.finish())
        return beats, piece.end

    def _follow(self, signals: Float[np.ndarray, "lead sample"]) -> list[dict[str, Any]]:
        """The beats that the next piece brought."""
        found = self.found.push(signals)
        if self.context is not None:
            self.context.push(signals[self.order])
        return self._beats(found)

    def end(self) -> dict[str, Any]:
        """What is said at the end."""
        rhythm = summarize(np.array(self.times, np.float64), self.labels, np.array(self.broken, np.bool_))
        return {"rhythm": rhythm_response(self.labels, rhythm).model_dump(), "reason": self.found.reason}

    def _beats(self, found: FoundBeats) -> list[dict[str, Any]]:
        if not len(found):
            return []
        self.allowance.charge(len(found))
        context = partial(self.context.of, next_peak=self.found.next_peak) if self.context is not None else None
        part = annotate(self.classifier, found, self.solver, context, coverage=self.coverage)
        self.metrics.count_annotated(self.model.identity.name, part)
        self.times += (found.peaks / self.found.fs).tolist()
        self.labels += part.labels
        self.broken += found.broken.tolist()
        rows = zip(found.peaks.tolist(), found.quality, part, strict=True)
        return [beat_object(sample, self.found.fs, quality, decision) for sample, quality, decision in rows]

    def _from_bytes(self, content: bytes) -> Float[np.ndarray, "lead sample"]:
        if len(content) % (4 * self.found.leads) or len(content) > 4 * MAX_PIECE:
            raise InvalidSignals(
                f"got {len(content):,} bytes, expected 4 for each of {self.found.leads} leads a sample, "
                f"{4 * MAX_PIECE:,} at most in one message"
            )
        return np.frombuffer(content, "<f4").reshape(-1, self.found.leads).T * np.float32(self.factor)

    def _from_lists(self, signals: list[list[float | None]]) -> Float[np.ndarray, "lead sample"]:
        lengths = sorted({len(signal) for signal in signals})
        if len(signals) != self.found.leads or len(lengths) > 1 or sum(map(len, signals)) > MAX_PIECE:
            raise InvalidSignals(
                f"got {len(signals)} signals of {' and '.join(map(str, lengths))} samples, expected "
                f"{self.found.leads} of equal length, {MAX_PIECE:,} values at most in one message"
            )
        return np.array(signals, dtype=np.float64).reshape(len(signals), -1) * self.factor
