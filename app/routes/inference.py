"""/v2: the Open Inference Protocol (KServe, Triton) over HTTP, with its binary tensor data extension."""

from typing import Annotated, Any, Literal

import anyio.to_thread
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from app.beats.request import JSON, LARGE_JSON, RAW
from app.errors import UnsupportedBody
from app.http.bodies import media_type, read_beside
from app.http.content_encoding import unpacked
from app.http.deadline import deadline_parameter, seconds_for
from app.http.paths import INFERENCE
from app.http.refusals import BODY, FIELD, KIND, OVER_LIMIT, QUEUE, Responses, refusals
from app.http.schemas import example_beat, whole_schema
from app.http.validation import invalid, single
from app.inference.tensors import (
    BEATS,
    HEADER_LENGTH,
    Inference,
    InferRequest,
    InferResponse,
    Wanted,
    outputs_of,
    read,
    wanted_of,
    write,
)
from app.state import ServiceState, state_of
from app.submission import LEFT, MANY_BEATS, submit
from ecg import BEAT_LENGTH
from ecg.messages import shortened
from ecg.source import MAX_NAME
from models import Classifier, Decisions, Plan

PLATFORM = "pytorch_safetensors"
EXTENSIONS = ["binary_tensor_data"]

KINDS = (JSON, RAW)
"""What bodies may say that they are; what they are, their header states. Most clients say nothing."""

UNKNOWN = {404: "No such model, or not of this version."} | FIELD
REFUSALS = refusals(UNKNOWN | BODY | KIND | OVER_LIMIT | QUEUE, inference=True)
ANSWER: Responses = {
    200: {
        "description": f"The outputs; those that are binary follow the JSON, whose length is in {HEADER_LENGTH}.",
        "model": InferResponse,
        "content": {RAW: {}},
    }
}


class ServerMetadata(BaseModel):
    """What serves."""

    name: str
    version: str
    extensions: list[str]


class TensorMetadata(BaseModel):
    """A tensor that a model takes or gives; -1 stands for the number of beats."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(BaseModel):
    """A model, and its tensors: none for one that takes whole recordings."""

    name: str
    versions: list[str] = Field(description="those that are served, the current one first")
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class Live(BaseModel):
    """The process answers."""

    live: Literal[True] = True


class Ready(BaseModel):
    """The models have answered their reference beats."""

    ready: Literal[True] = True


class ModelReady(Ready):
    """The model has."""

    name: str


router = APIRouter(prefix=INFERENCE, tags=["open inference protocol"])
open_router = APIRouter(prefix=INFERENCE, tags=["open inference protocol"])
"""What needs no key."""


Name = Annotated[str, Path(max_length=MAX_NAME)]
Version = Annotated[str, Path(max_length=MAX_NAME)]


@router.get("", responses=refusals({}, inference=True))
async def server_metadata(request: Request) -> ServerMetadata:
    """What serves, and which extensions of the protocol it knows."""
    return ServerMetadata(name=request.app.title, version=request.app.version, extensions=EXTENSIONS)


@open_router.get("/health/live")
async def server_live() -> Live:
    """The process answers."""
    return Live()


@open_router.get("/health/ready", responses=refusals({}, inference=True, key=False))
async def server_ready() -> Ready:
    """The models have answered their reference beats, as on `GET /health/ready`."""
    return Ready()


@router.get("/models/{name}", responses=refusals(UNKNOWN, inference=True))
async def model_metadata(request: Request, name: Name) -> ModelMetadata:
    """The tensors that a model takes and gives."""
    return _metadata(request, _find(request, name))


@router.get("/models/{name}/versions/{version}", responses=refusals(UNKNOWN, inference=True))
async def version_metadata(request: Request, name: Name, version: Version) -> ModelMetadata:
    """The same, if the model is of this version."""
    return _metadata(request, _find(request, name, version))


@router.get("/models/{name}/ready", responses=refusals(UNKNOWN, inference=True))
async def model_ready(request: Request, name: Name) -> ModelReady:
    """The model is loaded, and has answered its reference beats."""
    return ModelReady(name=_find(request, name).identity.name)


@router.get("/models/{name}/versions/{version}/ready", responses=refusals(UNKNOWN, inference=True))
async def version_ready(request: Request, name: Name, version: Version) -> ModelReady:
    """The same, if it is of this version."""
    return ModelReady(name=_find(request, name, version).identity.name)


def _find(request: Request, name: str, version: str | None = None) -> Classifier:
    return state_of(request).registry.served.find_version(name, version)


def _metadata(request: Request, model: Classifier) -> ModelMetadata:
    takes_beats = not model.in_context
    outputs = outputs_of(solver=model.solver is not None) if takes_beats else ()
    beats = TensorMetadata(name=BEATS, datatype="FP32", shape=[-1, BEAT_LENGTH])
    return ModelMetadata(
        name=model.identity.name,
        versions=state_of(request).registry.served.versions_of(model.identity.name),
        platform=PLATFORM,
        inputs=[beats] if takes_beats else [],
        outputs=[TensorMetadata(name=o.name, datatype=o.datatype, shape=[-1, *o.shape]) for o in outputs],
    )


def examples() -> dict[str, Any]:
    """Bodies that work when pasted."""
    beats = {"name": BEATS, "datatype": "FP32", "shape": [1, BEAT_LENGTH], "data": example_beat()}
    return {
        "beat": {"summary": "One synthetic beat", "value": {"inputs": [beats]}},
        "dial": {
            "summary": "The neural ODE with its tolerance set, and one output",
            "value": {"inputs": [beats], "outputs": [{"name": "label"}], "parameters": {"rtol": 1e-2, "atol": 1e-2}},
        },
    }


def _described() -> dict[str, Any]:
    """The body and the headers, for the API's description: the routes read them themselves."""
    length = {
        "name": HEADER_LENGTH,
        "in": "header",
        "description": "how many bytes of the body are JSON, where binary data follow it",
        "schema": {"type": "integer", "minimum": 1},
    }
    content = {
        JSON: {"schema": whole_schema(InferRequest), "examples": examples()},
        RAW: {"schema": {"type": "string", "format": "binary"}},
    }
    parameters = [length, deadline_parameter()]
    return {"requestBody": {"required": True, "content": content}, "parameters": parameters}


@router.post("/models/{name}/infer", response_class=Response, responses=ANSWER | REFUSALS, openapi_extra=_described())
async def infer(request: Request, name: Name) -> Response:
    """Decide on each beat. A beat's answer depends on that beat alone."""
    return await _infer(request, _find(request, name))


@router.post(
    "/models/{name}/versions/{version}/infer",
    response_class=Response,
    responses=ANSWER | REFUSALS,
    openapi_extra=_described(),
)
async def infer_version(request: Request, name: Name, version: Version) -> Response:
    """The same, if the model is of this version."""
    return await _infer(request, _find(request, name, version))


async def _infer(request: Request, model: Classifier) -> Response:
    state = state_of(request)
    seconds = seconds_for(request.headers, state.settings.deadline)
    with state.tracing.span("read"):
        inference = await _read(request, state)
    asked, parameters = inference.asked, inference.asked.parameters
    if asked.model_name not in (None, model.identity.name):
        raise invalid("model_name", f"got {shortened(str(asked.model_name))!r}, expected that of the URL, or none")
    outputs = wanted_of(asked, outputs_of(solver=model.solver is not None))
    plan = Plan.of(model, "beats", parameters.solver, parameters.coverage)
    if parameters.timeout is not None:
        seconds = min(seconds, parameters.timeout / 1e6)
    decisions = await submit(request, plan, inference.beats, seconds)
    if decisions is None:
        return Response(status_code=LEFT)
    with state.tracing.span("write"):
        if len(decisions) < MANY_BEATS:
            return _answer(model, asked, outputs, decisions)
        return await anyio.to_thread.run_sync(_answer, model, asked, outputs, decisions)


async def _read(request: Request, state: ServiceState) -> Inference:
    """What the request asks. Raises what `read` and `unpacked` raise, and UnsupportedBody."""
    kind = media_type(request.headers, JSON)
    if kind not in KINDS:
        raise UnsupportedBody(f"got Content-Type: {shortened(kind)!r}, expected none or one of: {', '.join(KINDS)}")
    encoding = request.headers.get("content-encoding", "")
    header_length = single(request.headers, HEADER_LENGTH)
    body = await request.body()
    if len(body) < LARGE_JSON and not encoding:
        return read(body, header_length)
    most = state.settings.max_body_bytes
    return await read_beside(lambda: read(unpacked(body, encoding, most), header_length), state.readers)


def _answer(model: Classifier, asked: InferRequest, outputs: list[Wanted], decisions: Decisions) -> Response:
    body = write(model.identity, asked.id, outputs, decisions)
    if not body.binary:
        return Response(body.json, media_type=JSON)
    return Response(body.json + body.binary, media_type=RAW, headers={HEADER_LENGTH: str(len(body.json))})
