"""Errors over HTTP: one shape everywhere, `application/problem+json` (RFC 9457), but for the Open Inference Protocol's.

Errors of `app` carry their status and kind (`app.errors`); those of the packages below, which know nothing of HTTP,
have theirs here, and so have those that Starlette and FastAPI raise. Any other is our own fault: 500, which says
nothing of the inside.
"""

import http
from collections.abc import Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.errors import RequestError
from app.http.paths import INFERENCE
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
INFERENCE_MEDIA_TYPE = "application/json"
MOST_ERRORS = 10
"""Field errors in one answer: enough to mend a program, little enough to read."""

BELOW: dict[type[Exception], tuple[int, str, str]] = {
    InvalidBeats: (422, "invalid_beats", "beats"),
    UnknownMethod: (422, "invalid_solver", "solver.method"),
    InvalidSolver: (422, "invalid_solver", "solver"),
    NoSolver: (422, "invalid_solver", "solver"),
    InvalidCoverage: (422, "invalid_coverage", "coverage"),
    NeedsRecording: (422, "wrong_model", "model"),
    UnreadableRecording: (422, "invalid_recording", "files"),
    UnknownLead: (422, "invalid_recording", "lead"),
    InvalidSignals: (422, "invalid_recording", "signals"),
}
"""Status, kind and field of an error of the packages below; the nearest class counts."""

STARLETTE = {400: "unreadable_body", 404: "unknown_route", 405: "method_not_allowed"}
"""Kinds of what Starlette raises itself."""

NOT_JSON, INVALID_REQUEST, LARGE_RECORDING, INTERNAL = "not_json", "invalid_request", "large_recording", "internal"

ANSWERED: tuple[type[Exception], ...] = (HTTPException, RequestValidationError, RequestError, EcgError, *BELOW)
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
        error = InferenceError(error=self.problem.detail)
        response = Response(error.model_dump_json(), self.status_code, media_type=INFERENCE_MEDIA_TYPE)
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)  # Retry-After, Allow, Connection
        return response


def problem(status: int, detail: str, errors: Sequence[FieldError] = ()) -> ProblemResponse:
    """The answer for an error."""
    title = http.HTTPStatus(status).phrase
    return ProblemResponse(Problem(title=title, status=status, detail=detail, errors=list(errors)))


def internal() -> ProblemResponse:
    """The answer for an error of our own: it says nothing of the inside."""
    return problem(500, "an error of the service's own; it has been logged with this request's id")


def kinds() -> set[str]:
    """All that errors are counted as."""
    own = {error.kind for error in _leaves(RequestError) if hasattr(error, "kind")}
    below = {kind for _, kind, _ in BELOW.values()}
    return own | below | set(STARLETTE.values()) | {NOT_JSON, INVALID_REQUEST, LARGE_RECORDING, INTERNAL}


def _leaves(root: type[RequestError]) -> list[type[RequestError]]:
    return [root, *(leaf for child in root.__subclasses__() for leaf in _leaves(child))]


def problem_of(error: Exception) -> tuple[str, ProblemResponse]:
    """The kind and the answer of an error."""
    match error:
        case RequestError():
            return error.kind, _own(error)
        case RequestValidationError():
            return _invalid_request(error)
        case HTTPException():
            return _starlette(error)
        case InvalidBeat():
            return "invalid_beats", _at_field(422, f"beats.{error.index}", error.reason)
        case LargeRecording():
            return LARGE_RECORDING, problem(413, str(error))
        case _:
            return _below(error)


def _own(error: RequestError) -> ProblemResponse:
    if error.field is None:
        response = problem(error.status, error.detail)
    elif error.status == 422:
        response = _at_field(error.status, error.field, error.detail)
    else:
        response = problem(error.status, error.detail, [FieldError(field=error.field, message=error.detail)])
    response.headers.update(error.headers)
    return response


def _starlette(error: HTTPException) -> tuple[str, ProblemResponse]:
    detail = "there is no such route; GET /docs lists the routes" if error.status_code == 404 else error.detail
    response = problem(error.status_code, str(detail))
    response.headers.update(error.headers or {})
    return STARLETTE.get(error.status_code, f"http_{error.status_code}"), response


def _below(error: Exception) -> tuple[str, ProblemResponse]:
    found = next((BELOW[kind] for kind in type(error).__mro__ if kind in BELOW), None)
    if found is None:
        return INTERNAL, internal()
    status, kind, field = found
    return kind, _at_field(status, field, str(error))


def _at_field(status: int, field: str, message: str) -> ProblemResponse:
    return problem(status, f"{field}: {message}", [FieldError(field=field, message=message)])


def _invalid_request(error: RequestValidationError) -> tuple[str, ProblemResponse]:
    found = error.errors()
    for e in found:
        if e["type"] == "json_invalid":
            place = f" at character {e['loc'][-1]}" if isinstance(e["loc"][-1], int) else ""
            message, where = f"{e['ctx']['error']}{place}", str(e["loc"][0])
            return NOT_JSON, problem(
                400, f"the {where} is not JSON: {message}", [FieldError(field=where, message=message)]
            )
    errors = [FieldError(field=_path(e["loc"]), message=_message(e)) for e in found[:MOST_ERRORS]]
    more = len(found) - len(errors)
    detail = "; ".join(f"{e.field}: {e.message}" for e in errors) + (f"; and {more} more" if more else "")
    return INVALID_REQUEST, problem(422, detail, errors)


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
