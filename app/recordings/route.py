"""POST /recordings: a recording in, an annotated recording out; and those that are kept, for the page."""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Path, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.batching.classifier import BatchedClassifier
from app.beats.explanations import EXPLAINED_AS, ExplanationResponse
from app.http.bodies import media_type
from app.http.problems import problem_of
from app.http.refusals import BODY, FIELD, KIND, OVER_LIMIT, QUEUE, Responses, refusals
from app.http.schemas import whole_schema
from app.http.validation import validated
from app.metrics.metrics import Metrics
from app.middleware.access import allowance_of
from app.recordings.analysis import Analysis, Job, share_done, solver_of
from app.recordings.forms import EXTENSIONS, JSON, MEDIA_TYPES, NDJSON, Answer, choose, line, rhythm_json
from app.recordings.schemas import (
    AnnotatedResponse,
    BeatResponse,
    ColumnsResponse,
    DecisionsRequest,
    RecordingOptions,
    RecordingResponse,
    SignalsRequest,
    beat_object,
    columns,
    describe,
)
from app.recordings.store import Decided, KeptRecording, UnknownRecording
from app.recordings.uploads import receive
from app.recordings.workspace import Workspace
from ecg import FoundPart, choose_leads
from ecg.messages import shortened
from models import AnnotatedBeats, Solver, annotate_parts, explain_recorded
from models.checkpoint.abstention import confidence_for

router = APIRouter(prefix="/recordings", tags=["recordings"])
logger = logging.getLogger("cardiode.recordings")

BINARY = "application/octet-stream"

AT_ONCE = 512
"""Beats that are decided on anew before a line tells of it."""

MODEL = {404: "No such model."}
UNKNOWN = {404: "No such recording, or none any more."} | FIELD
FORM = {406: "No form that Accept allows."}
PLACE = {
    503: "As many recordings as may be are worked on already, what was to solve it was lost, or the service is ending; "
    "Retry-After says when to come again."
}
TILE: Responses = {200: {"content": {BINARY: {"schema": {"type": "string", "format": "binary"}}}}}
LINES: Responses = {200: {"content": {NDJSON: {}}}}
FORMS: Responses = {
    200: {
        "description": "The annotated recording, in the form that Accept asks for.",
        "model": AnnotatedResponse,
        "content": {media_type: {} for media_type in MEDIA_TYPES if media_type != JSON},
    }
}


def _request_body() -> dict[str, Any]:
    fields = whole_schema(RecordingOptions)["properties"] | {
        "solver": {"type": "string", "description": "as JSON, for a model with a solver"}
    }
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    files["description"] = "a WFDB header with its signal files, or a zip of them, or one EDF, or one CSV"
    form = {"type": "object", "required": ["files"], "properties": {"files": files} | fields}
    content = {"multipart/form-data": {"schema": form}, JSON: {"schema": whole_schema(SignalsRequest)}}
    return {"requestBody": {"required": True, "content": content}}


class StreamedAnswer(StreamingResponse):
    """An answer that is sent while it is made, and that lets go of what it holds however it ends."""

    def __init__(self, pieces: Iterator[bytes], media_type: str, close: Callable[[], object], name: str) -> None:
        extension = EXTENSIONS[media_type]
        file = f"{re.sub(r'[^A-Za-z0-9_-]', '_', name)}.{extension}"
        headers = {} if media_type in (JSON, NDJSON) else {"Content-Disposition": f'attachment; filename="{file}"'}
        super().__init__(pieces, media_type=media_type, headers=headers)
        self.close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.close()


@router.post(
    "",
    responses=FORMS | refusals(MODEL | FORM | BODY | KIND | FIELD | OVER_LIMIT | PLACE),
    openapi_extra=_request_body(),
    response_class=Response,
)
async def annotate_recording(request: Request) -> Response:
    """Find, cut and classify the beats of a recording, and say what they mean together.

    NDJSON answers begin while the work goes on: a line is an object whose one field says what it is (recording, beat,
    progress, rhythm, problem).
    """
    media_type = choose(request.headers.get("accept", "*/*"))
    closing = ExitStack()
    try:
        return await _annotated(request, media_type, closing)
    except BaseException:
        closing.close()
        raise


async def _annotated(request: Request, media_type: str, closing: ExitStack) -> Response:
    state = request.app.state
    allowance = allowance_of(request)
    allowance.check()  # before all of it is sent
    state.recording_places.check()
    workspace = Workspace()
    closing.callback(workspace.close)
    upload = await receive(request, workspace)
    closing.enter_context(state.recording_places.taken())
    model = state.served.find(upload.options.model, state.served.for_recordings)
    solver = solver_of(model, upload.options.solver)
    confidence_for(model.classifier.abstention, upload.options.coverage)

    def read() -> Job:
        source = upload.source(workspace, state.settings.max_recording_bytes)
        recording = workspace.store(source, state.settings.max_recording_values)
        leads = choose_leads(recording, upload.options.lead)
        return Job(recording, leads, model, solver, upload.options.coverage, state.batcher, state.metrics, allowance)

    job = await anyio.to_thread.run_sync(read)
    analysis = Analysis(job, upload.options, workspace, state.kept)
    if media_type == NDJSON:
        pieces = _guarded(analysis.lines(), state.metrics)
    else:
        answer = await anyio.to_thread.run_sync(analysis.answer)
        pieces = answer.written(media_type)
    return StreamedAnswer(pieces, media_type, closing.close, job.recording.name)


def _guarded(lines: Iterator[bytes], metrics: Metrics) -> Iterator[bytes]:
    """The lines; where work that has begun to be answered fails, a last line tells of it."""
    try:
        yield from lines
    except Exception as error:
        logger.exception("failed in the middle of an answer")
        kind, response = problem_of(error)
        metrics.errors.labels(kind=kind).inc()
        yield line("problem", bytes(response.body).decode())


Id = Annotated[str, Path(max_length=64, description="that POST /recordings gave to a recording it was asked to keep")]


def _find(request: Request, id: str) -> KeptRecording:  # noqa: A002 - the path's own word
    kept: KeptRecording = request.app.state.kept.find(id)
    return kept


@router.get("/{id}", responses=FORMS | refusals(UNKNOWN | FORM), response_class=Response)
def kept_recording(id: Id, request: Request) -> Response:  # noqa: A002
    """A recording that is kept, as it is decided on now."""
    kept = _find(request, id)
    media_type = choose(request.headers.get("accept", "*/*"))
    decided = kept.decided
    pieces = Answer(_head(kept, decided), decided.whole).written(media_type)
    workspace = kept.workspace.share()
    return StreamedAnswer(pieces, media_type, workspace.close, decided.whole.recording.name)


def _head(kept: KeptRecording, decided: Decided) -> RecordingResponse:
    whole = decided.whole
    return describe(whole.recording, whole.lead, decided.model.identity, kept_as=kept.id, whole=whole)


@router.delete("/{id}", status_code=204, responses=refusals(UNKNOWN))
def forget_recording(id: Id, request: Request) -> None:  # noqa: A002
    """Delete it now, instead of after a while."""
    request.app.state.kept.forget(id)


@router.get("/{id}/beats", responses=refusals(UNKNOWN))
def kept_beats(id: Id, request: Request) -> ColumnsResponse:  # noqa: A002
    """All its beats in columns, which is little enough for a day."""
    return columns(_find(request, id).decided.whole.beats)


@router.get("/{id}/beats/{number}", responses=refusals(UNKNOWN))
def kept_beat(id: Id, number: int, request: Request) -> BeatResponse:  # noqa: A002
    """One of them, counted from 0."""
    kept = _find(request, id)
    whole = kept.decided.whole
    _check_number(kept, number)
    found, fs = whole.beats.found, whole.recording.fs
    beat = beat_object(int(found.peaks[number]), fs, found.quality[number], whole.beats.decision(number))
    return BeatResponse.model_validate(beat)


def _check_number(kept: KeptRecording, number: int) -> None:
    if not 0 <= number < len(kept.decided.whole.beats):
        raise UnknownRecording(f"{kept.id}/beats/{number}")


@router.get("/{id}/beats/{number}/explanation", responses=refusals(UNKNOWN | OVER_LIMIT | QUEUE))
def explain_kept_beat(id: Id, number: int, request: Request) -> ExplanationResponse | None:  # noqa: A002
    """How much each sample of it, counted from 0, counted for the label it has now; null where it has none."""
    kept = _find(request, id)
    _check_number(kept, number)
    allowance_of(request).charge(EXPLAINED_AS)
    decided, workspace = kept.decided, kept.workspace.share()
    try:
        state = request.app.state
        classifier = BatchedClassifier(decided.model, state.batcher, "bulk", time.monotonic() + state.settings.deadline)
        explanation = explain_recorded(classifier, decided.whole, number)
    finally:
        workspace.close()
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
    responses=LINES | refusals(UNKNOWN | BODY | KIND | OVER_LIMIT | PLACE),
    openapi_extra={"requestBody": {"required": True, "content": {JSON: {"schema": whole_schema(DecisionsRequest)}}}},
    response_class=StreamingResponse,
)
async def decide_again(id: Id, request: Request) -> Response:  # noqa: A002
    """Decide again on its beats, by another model or solver: NDJSON with progress, beats in columns, rhythm, recording.

    What is said of the recording is from then on what was decided here.
    """
    state = request.app.state
    asked = await _decisions_request(request)
    kept = await anyio.to_thread.run_sync(_find, request, id)  # which may have others to delete
    model = state.served.find(asked.model, state.served.for_recordings)
    solver = solver_of(model, asked.solver)
    confidence_for(model.classifier.abstention, asked.coverage)
    with ExitStack() as closing:
        closing.callback(kept.workspace.share().close)
        closing.enter_context(state.recording_places.taken())
        allowance_of(request).charge(len(kept.decided.whole.beats))
        classifier = BatchedClassifier(model, state.batcher, "bulk")
        lines = _guarded(_decided(kept, classifier, solver, asked.coverage, state.metrics), state.metrics)
        return StreamedAnswer(lines, NDJSON, closing.pop_all().close, kept.decided.whole.recording.name)


async def _decisions_request(request: Request) -> DecisionsRequest:
    """What the body asks. Raises RequestValidationError, and HTTPException for a body of another kind."""
    kind = media_type(request.headers, JSON)
    if kind != JSON:
        raise HTTPException(415, f"got Content-Type: {shortened(kind)!r}, expected {JSON}")
    return validated(DecisionsRequest, await request.body())


def _decided(
    kept: KeptRecording, classifier: BatchedClassifier, solver: Solver | None, coverage: float, metrics: Metrics
) -> Iterator[bytes]:
    parts = []
    started = time.perf_counter()
    whole = kept.decided.whole
    recording, pieces = whole.recording, whole.beats.found.pieces(AT_ONCE)
    leads = () if whole.lead is None else choose_leads(recording, recording.leads[whole.lead])
    found = (FoundPart(piece, recording.seconds * n / len(pieces)) for n, piece in enumerate(pieces, 1))
    for part in annotate_parts(classifier, recording, leads, found, solver, coverage=coverage):
        metrics.count_annotated(classifier.model.identity.name, part.beats)
        parts.append(part.beats)
        yield line("progress", json.dumps({"share": round(share_done(part, recording), 4)}))
    seconds = time.perf_counter() - started
    decided = Decided(classifier.model, replace(whole, beats=AnnotatedBeats.joined(parts)))
    kept.decided = decided
    yield line("beats", columns(decided.whole.beats).model_dump_json())
    yield line("rhythm", rhythm_json(decided.whole).decode())
    yield line("recording", _head(kept, decided).model_dump_json())
    yield line("seconds", f"{seconds:.3f}")
