"""POST /recordings: a recording in, an annotated recording out."""

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Request, Response

from app.batching.decider import BatchedDecider, TimeLimit
from app.errors import RecordingTooLong
from app.http.accept import preferred
from app.http.presence import ClientLeft, watched
from app.http.refusals import BODY, FIELD, KIND, OVER_LIMIT, Responses, refusals
from app.http.schemas import whole_schema
from app.http.streaming import StreamedAnswer
from app.keys.bill import Bill
from app.middleware.access import allowance_of, client_of
from app.recordings.analysis import Account, Analysis
from app.recordings.schemas import AnnotatedResponse, RecordingOptions, SignalsRequest
from app.recordings.uploads import Upload, receive
from app.state import ServiceState, state_of
from app.submission import LEFT, check_payable
from ecg import choose_leads
from ecg.workspace import Workspace
from models import Plan
from models.annotation.forms import FORMS, JSON, NDJSON, Form

router = APIRouter(prefix="/recordings", tags=["recordings"])

MODEL = {404: "No such model."}
NOT_ACCEPTABLE = {406: "No form that Accept allows."}
LIMITER = {
    504: "It took longer than the work on a recording, or on a batch of beats, may.",
    503: "As many recordings as may be are worked on already, what was to solve it was lost, or the service is ending; "
    "Retry-After says when to try again.",
}
ANNOTATED: Responses = {
    200: {
        "description": "The annotated recording, in the form that Accept asks for.",
        "model": AnnotatedResponse,
        "content": {form.media_type: {} for form in FORMS if form is not JSON},
    }
}


def _request_body() -> dict[str, Any]:
    fields = whole_schema(RecordingOptions)["properties"] | {
        "solver": {"type": "string", "description": "as JSON, for a model with a solver"}
    }
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    files["description"] = "a WFDB header with its signal files, or a zip of them, one EDF, or one table (CSV or text)"
    form = {"type": "object", "required": ["files"], "properties": {"files": files} | fields}
    content = {"multipart/form-data": {"schema": form}, JSON.media_type: {"schema": whole_schema(SignalsRequest)}}
    return {"requestBody": {"required": True, "content": content}}


def form_for(request: Request) -> Form:
    """The form of the answer that a request asks for. Raises NotAcceptable."""
    forms = {form.media_type: form for form in FORMS}
    return forms[preferred(request.headers.get("accept", "*/*"), list(forms))]


@router.post(
    "",
    responses=ANNOTATED | refusals(MODEL | NOT_ACCEPTABLE | BODY | KIND | FIELD | OVER_LIMIT | LIMITER),
    openapi_extra=_request_body(),
    response_class=Response,
)
async def annotate_recording(request: Request) -> Response:
    """Find, cut and classify the beats of a recording, and say what they mean together.

    NDJSON answers begin while the work goes on: a line is an object whose one field says what it is (recording, beat,
    progress, rhythm, problem).
    """
    form = form_for(request)
    closing = ExitStack()
    try:
        return await _annotated(request, form, closing)
    except ClientLeft:
        closing.close()
        return Response(status_code=LEFT)
    except BaseException:
        closing.close()
        raise


async def _annotated(request: Request, form: Form, closing: ExitStack) -> Response:
    state = state_of(request)
    allowance_of(request).check()  # before all of it is sent
    state.recording_limiter.check()
    workspace = Workspace()
    closing.callback(workspace.close)
    upload = await receive(request, workspace, state.readers)
    closing.enter_context(state.recording_limiter.held())
    options = upload.options
    plan = state.registry.plan("recording", options.model, options.settings, options.coverage)
    check_payable(request, plan)
    account, decide = Account(state.metrics, allowance_of(request)), decider_of(request)
    async with watched(request, decide.leave):
        analysis = await anyio.to_thread.run_sync(_read, state, upload, workspace, plan, account, decide)
        if form is NDJSON:
            pieces = analysis.lines(beats=options.beats)
        else:
            pieces = form.pieces(await anyio.to_thread.run_sync(analysis.whole), analysis.id)
    return StreamedAnswer(pieces, form, closing.close, analysis.recording.name, decide.leave)


def decider_of(request: Request) -> BatchedDecider:
    """Who decides on the beats of a recording: the request's client has a time for it, and pays for what is dear."""
    state = state_of(request)
    limit = TimeLimit(time.monotonic(), state.settings.recording_seconds, RecordingTooLong)
    bill = Bill(allowance_of(request), price=0)
    return BatchedDecider(state.batcher, "bulk", limit, client_of(request), bill)


def _read(
    state: ServiceState, upload: Upload, workspace: Workspace, plan: Plan, account: Account, decide: BatchedDecider
) -> Analysis:
    """The analysis of the recording, which is read. Raises what reading it raises, UnknownLead and ClientLeft."""
    source = upload.source(workspace, state.settings.max_recording_bytes, strict=state.settings.strict)
    source = replace(source, blocks=decide.while_wanted(source.blocks))
    recording = workspace.store(source, state.settings.max_recording_values)
    leads = choose_leads(recording, upload.options.lead)
    store = state.recordings if upload.options.keep else None
    return Analysis(recording, leads, plan, decide, account, workspace, store)
