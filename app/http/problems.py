"""Errors over HTTP: one shape everywhere, `application/problem+json` (RFC 9457), but for the Open Inference Protocol's.

What went wrong below is mapped to a status here, and nowhere else:

    RequestValidationError        400   not_json             the body is not JSON
                                  422   invalid_request      each field
    InvalidBeat, InvalidBeats     422   invalid_beats        the beat's index and what was expected
    NoSolver, InvalidSolver       422   invalid_solver       the field
    NeedsRecording                422   wrong_model          the field
    InvalidCoverage               422   invalid_coverage     the field
    TooManyToExplain              422   too_many_to_explain  the limit
    ReloadRefused                 422   reload_refused       the file, and what is wrong with it
    UnknownModelName              404   unknown_model        the models there are
    UnknownModelVersion           404   unknown_version      the version there is
    UnreadableRecording           422   invalid_recording    the file, and what is wrong with it
    InvalidSignals, UnknownLead   422   invalid_recording    the field
    LargeRecording                413   large_recording      the limit
    UnknownRecording              404   unknown_recording    what to do
    Busy                          503   busy                 when to come again
    WorkerLost                    503   worker_lost          when to come again
    TooLate                       504   too_late             the deadline
    OverLimit                     429   over_limit           when to come again
    HTTPException                 400   unreadable_body      what is wrong with the multipart body, or that it broke off
                                  401   no_key               what was expected (`app.middleware.access` refuses it)
                                  403   not_admin            what was expected (and it)
                                  404   unknown_route
                                  405   method_not_allowed
                                  406   not_acceptable       the media types there are
                                  408   body_too_slow        the limit (`app.middleware.body_limit` refuses it)
                                  413   body_too_large       the limit (and it)
                                  415   unsupported_body     the kinds of body, and of its compression, there are
                                  503   ending               when to come again (`app.middleware.draining` refuses it)
    any other                     500   internal             nothing of the inside

The third column is what `cardiode_errors_total` counts it as.
"""

import http
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from app.batching.batcher import TooLate
from app.batching.limiter import Busy
from app.batching.worker import WorkerLost
from app.beats.explanations import TooManyToExplain
from app.http.methods import allowed
from app.keys.allowance import OverLimit
from app.recordings.store import UnknownRecording
from app.registry.models import UnknownModelName, UnknownModelVersion
from app.registry.reload import ReloadRefused
from ecg import (
    EcgError,
    InvalidBeat,
    InvalidBeats,
    InvalidSignals,
    LargeRecording,
    UnknownLead,
    UnreadableRecording,
)
from ecg.messages import shortened
from models import InvalidCoverage, NeedsRecording, NoSolver
from ode import InvalidSolver, UnknownMethod

MEDIA_TYPE = "application/problem+json"
INFERENCE, INFERENCE_MEDIA_TYPE = "/v2", "application/json"
"""Below it lies the Open Inference Protocol, whose clients read `{"error": ...}` and nothing else."""
MOST_ERRORS = 10
"""Field errors that one answer tells: enough to mend a program, little enough to read."""
HTTP_KINDS = {
    400: "unreadable_body",
    401: "no_key",
    403: "not_admin",
    404: "unknown_route",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "body_too_slow",
    413: "body_too_large",
    415: "unsupported_body",
    503: "ending",
}

LOST_RETRY_SECONDS = 5
LOST = (
    "what was to solve this ended before it was done, as where memory is short; come again in "
    f"{LOST_RETRY_SECONDS} s, with fewer beats in one request"
)

KINDS = (
    HTTPException,
    RequestValidationError,
    EcgError,
    InvalidCoverage,
    NeedsRecording,
    NoSolver,
    InvalidSolver,
    TooManyToExplain,
    ReloadRefused,
    UnknownModelName,
    UnknownModelVersion,
    UnknownRecording,
    Busy,
    WorkerLost,
    TooLate,
    OverLimit,
)
"""Errors that have an answer of their own."""


class FieldError(BaseModel):
    """What is wrong with one field of the request."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457. `errors` names the fields at fault, where fields are."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


class InferenceError(BaseModel):
    """The same, as the Open Inference Protocol has it: all in one text."""

    error: str


class ProblemResponse(Response):
    """The answer for an error."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.model_dump_json(), problem.status, media_type=MEDIA_TYPE)
        self.problem = problem

    def on(self, path: str) -> Response:
        """The same in the shape that clients of this path read."""
        if path != INFERENCE and not path.startswith(f"{INFERENCE}/"):
            return self
        told = InferenceError(error=self.problem.detail)
        response = Response(told.model_dump_json(), self.status_code, media_type=INFERENCE_MEDIA_TYPE)
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)  # Retry-After, Allow, Connection
        return response


def problem(status: int, detail: str, errors: Sequence[FieldError] = ()) -> ProblemResponse:
    """The answer for an error."""
    title = http.HTTPStatus(status).phrase
    return ProblemResponse(Problem(title=title, status=status, detail=detail, errors=list(errors)))


def internal() -> ProblemResponse:
    """The answer for an error of our own: it tells nothing of the inside."""
    return problem(500, "an error of the service's own; it has been logged with this request's id")


def install(app: FastAPI) -> None:
    """Let the app answer every error in this shape."""
    for kind in KINDS:
        app.add_exception_handler(kind, _answer)


async def _answer(connection: HTTPConnection, error: Exception) -> Response:
    return answer(connection, error)


def answer(connection: HTTPConnection, error: Exception) -> Response:
    """The answer to a request that an error ends, which is counted."""
    kind, response = problem_of(error)
    connection.app.state.metrics.errors.labels(kind=kind).inc()
    path = connection.scope["path"]
    if response.status_code == 405:  # by the one route that was looked at: others may have the same path
        response.headers["Allow"] = ", ".join(allowed(connection.app.routes, path))
    return response.on(path)


def problem_of(error: Exception) -> tuple[str, ProblemResponse]:
    """The kind and the answer of an error."""
    match error:
        case HTTPException():
            detail = (
                "there is no such route; GET /docs shows those there are" if error.status_code == 404 else error.detail
            )
            response = problem(error.status_code, str(detail))
            response.headers.update(error.headers or {})
            return HTTP_KINDS.get(error.status_code, f"http_{error.status_code}"), response
        case RequestValidationError():
            return _invalid_request(error)
        case InvalidBeat():
            return "invalid_beats", _field(f"beats.{error.index}", error.reason)
        case InvalidBeats():
            return "invalid_beats", _field("beats", str(error))
        case UnknownMethod():
            return "invalid_solver", _field("solver.method", str(error))
        case NoSolver() | InvalidSolver():
            return "invalid_solver", _field("solver", str(error))
        case InvalidCoverage():
            return "invalid_coverage", _field("coverage", str(error))
        case NeedsRecording():
            return "wrong_model", _field("model", str(error))
        case TooManyToExplain():
            return "too_many_to_explain", _field("explain", str(error))
        case ReloadRefused():
            return "reload_refused", problem(422, str(error))
        case UnknownModelName():
            return "unknown_model", problem(404, str(error), [FieldError(field="model", message=str(error))])
        case UnknownModelVersion():
            return "unknown_version", problem(404, str(error))
        case UnreadableRecording():
            return "invalid_recording", _field("files", str(error))
        case UnknownLead():
            return "invalid_recording", _field("lead", str(error))
        case InvalidSignals():
            return "invalid_recording", _field("signals", str(error))
        case LargeRecording():
            return "large_recording", problem(413, str(error))
        case UnknownRecording():
            return "unknown_recording", problem(404, str(error))
        case Busy():
            response = problem(503, str(error))
            response.headers["Retry-After"] = str(error.retry_seconds)
            return "busy", response
        case WorkerLost():
            response = problem(503, LOST)
            response.headers["Retry-After"] = str(LOST_RETRY_SECONDS)
            return "worker_lost", response
        case TooLate():
            return "too_late", problem(504, str(error))
        case OverLimit():
            response = problem(429, str(error))
            response.headers["Retry-After"] = str(error.seconds)
            return "over_limit", response
        case _:
            return "internal", internal()


def _field(field: str, message: str) -> ProblemResponse:
    return problem(422, f"{field}: {message}", [FieldError(field=field, message=message)])


def _invalid_request(error: RequestValidationError) -> tuple[str, ProblemResponse]:
    found = error.errors()
    for e in found:
        if e["type"] == "json_invalid":
            place = f" at character {e['loc'][-1]}" if isinstance(e["loc"][-1], int) else ""
            message, where = f"{e['ctx']['error']}{place}", str(e["loc"][0])
            return "not_json", problem(
                400, f"the {where} is not JSON: {message}", [FieldError(field=where, message=message)]
            )
    errors = [FieldError(field=_path(e["loc"]), message=_message(e)) for e in found[:MOST_ERRORS]]
    more = len(found) - len(errors)
    detail = "; ".join(f"{e.field}: {e.message}" for e in errors) + (f"; and {more} more" if more else "")
    return "invalid_request", problem(422, detail, errors)


def _message(error: dict[str, Any]) -> str:
    """What was expected, in words that need no knowledge of how it is checked."""
    match error["type"]:
        case "extra_forbidden":
            return "got a field that is not known here; leave it out, nothing is silently ignored"
        case "model_type":
            return "expected a JSON object"
        case "model_attributes_type":
            return "expected a JSON object, sent with Content-Type: application/json"
        case _:
            return str(error["msg"]).removeprefix("Value error, ")


def _path(loc: Sequence[Any]) -> str:
    """`beats.3.17` from ("body", "beats", 3, 17); "body" alone for the body itself."""
    return ".".join(shortened(str(part)) for part in loc[1:]) or str(loc[0])
