"""/recordings/{id}: recordings that are kept, for the page."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Path, Request, Response
from starlette.responses import StreamingResponse

from app.batching.decider import BatchedDecider, TimeLimit
from app.beats.explanations import EXPLAINED_AS, ExplanationResponse
from app.errors import UnsupportedBody
from app.http.bodies import media_type
from app.http.refusals import BODY, FIELD, KIND, OVER_LIMIT, QUEUE, Responses, refusals
from app.http.schemas import whole_schema
from app.http.streaming import StreamedAnswer
from app.http.validation import validated
from app.keys.bill import Bill
from app.metrics.metrics import Metrics
from app.middleware.access import allowance_of, client_of
from app.recordings.analysis import Account
from app.recordings.schemas import BeatResponse, ColumnsResponse, DecisionsRequest, columns
from app.recordings.store import KeptRecording
from app.routes.recordings import ANNOTATED, LIMITER, NOT_ACCEPTABLE, decider_of, form_for
from app.state import state_of
from app.submission import check_payable
from ecg.messages import shortened
from models import Decide, Plan, annotate_again, explain_recorded
from models.annotation.forms import JSON, NDJSON
from models.annotation.json import beat_object, line, recording_object, rhythm_object

router = APIRouter(prefix="/recordings", tags=["recordings"])

BINARY = "application/octet-stream"

UNKNOWN = {404: "No such recording, or none any more."} | FIELD
TILE: Responses = {200: {"content": {BINARY: {"schema": {"type": "string", "format": "binary"}}}}}
LINES: Responses = {200: {"content": {NDJSON.media_type: {}}}}
BODY_SCHEMA = {
    "requestBody": {"required": True, "content": {JSON.media_type: {"schema": whole_schema(DecisionsRequest)}}}
}

Id = Annotated[str, Path(max_length=64, description="that POST /recordings gave to a recording it was asked to keep")]


def _find(request: Request, id: str) -> KeptRecording:  # noqa: A002 - the path's own word
    return state_of(request).recordings.find(id)


@router.get("/{id}", responses=ANNOTATED | refusals(UNKNOWN | NOT_ACCEPTABLE), response_class=Response)
def kept_recording(id: Id, request: Request) -> Response:  # noqa: A002
    """A recording that is kept, as it is decided on now."""
    kept = _find(request, id)
    form, whole = form_for(request), kept.whole
    workspace = kept.workspace.share()
    return StreamedAnswer(form.pieces(whole, kept.id), form, workspace.close, whole.recording.name)


@router.delete("/{id}", status_code=204, responses=refusals(UNKNOWN))
def forget_recording(id: Id, request: Request) -> None:  # noqa: A002
    """Delete it now, instead of after a while."""
    state_of(request).recordings.forget(id)


@router.get("/{id}/beats", responses=refusals(UNKNOWN))
def kept_beats(id: Id, request: Request) -> ColumnsResponse:  # noqa: A002
    """All its beats in columns, which is little enough for a day."""
    return columns(_find(request, id).whole.beats)


@router.get("/{id}/beats/{number}", responses=refusals(UNKNOWN))
def kept_beat(id: Id, number: int, request: Request) -> BeatResponse:  # noqa: A002
    """One of them, counted from 0."""
    kept = _find(request, id)
    kept.check_beat(number)
    whole = kept.whole
    found, decision = whole.beats.found, whole.beats.decision(number)
    beat = beat_object(int(found.peaks[number]), whole.recording.fs, found.quality[number], decision)
    return BeatResponse.model_validate(beat)


@router.get("/{id}/beats/{number}/explanation", responses=refusals(UNKNOWN | OVER_LIMIT | QUEUE))
def explain_kept_beat(id: Id, number: int, request: Request) -> ExplanationResponse | None:  # noqa: A002
    """How much each sample of it, counted from 0, counted for the label it has now; null where it has none."""
    kept, state = _find(request, id), state_of(request)
    kept.check_beat(number)
    check_payable(request, kept.whole.plan)
    bill, limit = Bill(allowance_of(request)), TimeLimit(time.monotonic(), state.settings.deadline)
    decide = BatchedDecider(state.batcher, "bulk", limit, client_of(request), bill)
    with ExitStack() as closing:
        closing.callback(kept.workspace.share().close)
        closing.enter_context(bill)
        bill.hold(EXPLAINED_AS)
        explanation = explain_recorded(kept.whole, number, decide)
    return None if explanation is None else ExplanationResponse.of(explanation)


@router.get("/{id}/tiles/{level}/{number}", responses=TILE | refusals(UNKNOWN), response_class=Response)
def tile(
    id: Id,  # noqa: A002
    level: Annotated[int, Path(ge=0, le=40)],
    number: Annotated[int, Path(ge=0, le=2**40)],
    request: Request,
) -> Response:
    """A tile of its strip: 32-bit floats, little end first, by lead, lowest before highest value, column.

    A column of level k stands for 2^k samples; a tile has 1,024, the last one fewer. In mV; NaN is a gap.
    """
    content = _find(request, id).strip.tile(level, number).astype("<f4").tobytes()
    return Response(content, media_type=BINARY)


@router.post(
    "/{id}/decisions",
    responses=LINES | refusals(UNKNOWN | BODY | KIND | OVER_LIMIT | LIMITER),
    openapi_extra=BODY_SCHEMA,
    response_class=StreamingResponse,
)
async def decide_again(id: Id, request: Request) -> Response:  # noqa: A002
    """Decide again on its beats, by another model or solver: NDJSON with progress, beats in columns, rhythm, recording.

    What is said of the recording is from then on what was decided here.
    """
    state = state_of(request)
    asked = await _read(request)
    kept = await anyio.to_thread.run_sync(_find, request, id)  # which may have others to delete
    plan = state.registry.plan("recording", asked.model, asked.settings, asked.coverage)
    check_payable(request, plan)
    with ExitStack() as closing:
        closing.callback(kept.workspace.share().close)
        closing.enter_context(state.recording_limiter.held())
        allowance_of(request).charge(len(kept.whole.beats))
        decide = decider_of(request)
        lines = _decided(kept, plan, decide, state.metrics)
        guarded = Account(state.metrics, allowance_of(request)).guarded(lines)
        return StreamedAnswer(guarded, NDJSON, closing.pop_all().close, kept.whole.recording.name, decide.leave)


async def _read(request: Request) -> DecisionsRequest:
    """What the body asks. Raises RequestValidationError and UnsupportedBody."""
    kind = media_type(request.headers, JSON.media_type)
    if kind != JSON.media_type:
        raise UnsupportedBody(f"got Content-Type: {shortened(kind)!r}, expected {JSON.media_type}")
    return validated(DecisionsRequest, await request.body())


def _decided(kept: KeptRecording, plan: Plan, decide: Decide, metrics: Metrics) -> Iterator[bytes]:
    started, whole, parts = time.perf_counter(), kept.whole, []
    for part in annotate_again(plan, whole, decide):
        metrics.count_annotated(plan.classifier.identity.name, part.beats)
        parts.append(part)
        yield line("progress", {"share": round(part.share_of(whole.recording), 4)})
    seconds = time.perf_counter() - started
    kept.whole = whole = whole.decided_by(plan, parts)
    yield line("beats", columns(whole.beats).model_dump())
    yield line("rhythm", rhythm_object(whole.beats.labels, whole.rhythm))
    yield line("recording", recording_object(whole, kept.id))
    yield line("seconds", round(seconds, 3))
