"""WS /stream: a live signal in, its beats out as soon as they can be judged.

The client's first message, as JSON, is a `StreamRequest`; the answer is `{"stream": {...}}`. Then each message is a
piece of the signal of any length: JSON `{"signals": [[...], ...]}`, a list a lead, or 32-bit floats, little end first,
sample after sample and in each lead after lead. Beats come back as `{"beats": [...]}`. `{"end": true}` ends the signal:
the last beats follow, then `{"rhythm": {...}, "reason": null}`, and the connection is closed. What is wrong comes as
`{"problem": {...}}`, of the shape of every error, before the connection is closed with code 1008.

A client that sends nothing for CARDIODE_STREAM_SECONDS gets one in the same way. The next message is read when the
last one is worked on, so a client that is too fast is slowed down by its own connection.
"""

import anyio
import anyio.to_thread
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from app.batching.decider import BatchedDecider
from app.beats.request import LARGE_JSON
from app.errors import BodyTooSlow
from app.http.problems import ANSWERED, problem_of
from app.keys.bill import Bill
from app.middleware.access import SUBPROTOCOL, allowance_of, client_of
from app.recordings.live import LiveSignal, opened
from app.state import ServiceState, state_of
from app.submission import check_payable

router = APIRouter(tags=["recordings"])

REFUSED = 1008


@router.websocket("/stream")
async def stream(socket: WebSocket) -> None:
    """Follow one live signal."""
    await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
    state = state_of(socket)
    try:
        with state.stream_limiter.held(), state.metrics.streams.track_inprogress():
            await _follow(socket, state)
    except WebSocketDisconnect:
        return
    except ANSWERED as error:
        kind, response = problem_of(error)
        state.metrics.errors.labels(kind=kind).inc()
        await socket.send_text(f'{{"problem":{bytes(response.body).decode()}}}')
        await socket.close(REFUSED)
    else:
        await socket.close()


async def _follow(socket: WebSocket, state: ServiceState) -> None:
    seconds = state.settings.stream_seconds
    live = await anyio.to_thread.run_sync(_opened, socket, await _message(socket, seconds))
    await socket.send_json({"stream": live.description.model_dump()})
    while True:
        content = await _message(socket, seconds)
        limiter = state.readers if len(content) > LARGE_JSON else state.stream_threads
        beats, ended = await anyio.to_thread.run_sync(live.push, content, limiter=limiter)
        if beats:
            await socket.send_json({"beats": beats})
        if ended:
            await socket.send_json(live.end())
            return


def _opened(socket: WebSocket, first: bytes | str) -> LiveSignal:
    """Raises what `opened` raises, UnknownModelName, TooDear, and what `Plan.of` raises."""
    state, allowance = state_of(socket), allowance_of(socket)
    allowance.check()
    request = opened(first)
    plan = state.registry.plan("live", request.model, request.settings, request.coverage)
    check_payable(socket, plan)
    decide = BatchedDecider(state.batcher, "prompt", client=client_of(socket), bill=Bill(allowance, price=0))
    return LiveSignal(request, plan, decide, state.metrics, allowance)


async def _message(socket: WebSocket, seconds: float) -> bytes | str:
    """The next. Raises WebSocketDisconnect, and BodyTooSlow where none comes in time."""
    try:
        with anyio.fail_after(seconds):
            message = await socket.receive()
    except TimeoutError:
        raise BodyTooSlow(f"no complete message arrived within {seconds:g} s; open another stream to go on") from None
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    content: bytes | str | None = message.get("text")
    return content if content is not None else message["bytes"]
