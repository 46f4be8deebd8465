"""Errors over HTTP: one shape everywhere, `application/problem+json` (RFC 9457).

What went wrong below is mapped to a status here, and nowhere else:

    InvalidBeat, InvalidBeats     422   the beat's index and what was expected
    NoSolver, InvalidSolver       422   the field
    UnknownModelName              404   the models there are
    RequestValidationError        422   each field; 400 where the body is not JSON
    a body over the limit         413   the limit (`app.body_limit.BodyLimit` refuses it)
"""

import http
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ecg import InvalidBeat, InvalidBeats
from models import NoSolver
from ode import InvalidSolver, UnknownMethod

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 10
"""Field errors that one answer tells: enough to mend a program, little enough to read."""


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


class UnknownModelName(Exception):
    """The request names a model that is not served."""

    def __init__(self, name: str, served: Sequence[str]) -> None:
        super().__init__(f"got the model {name!r}, expected one of: {', '.join(served)}")


def problem(status: int, detail: str, errors: Sequence[FieldError] = ()) -> JSONResponse:
    """The answer for an error."""
    title = http.HTTPStatus(status).phrase
    body = Problem(title=title, status=status, detail=detail, errors=list(errors))
    return JSONResponse(body.model_dump(), status, media_type=MEDIA_TYPE)


def body_too_large(limit: int) -> JSONResponse:
    """The answer for a body over the limit."""
    return problem(413, f"the body is over the limit of {limit:,} bytes; send fewer beats in one request")


def install(app: FastAPI) -> None:
    """Let the app answer every error in this shape."""
    for kind in (HTTPException, RequestValidationError, InvalidBeats, NoSolver, InvalidSolver, UnknownModelName):
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(Exception, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    answer, kind = _problem_of(error), type(error).__name__
    request.app.state.metrics.errors.labels(kind=kind).inc()
    return answer


def _problem_of(error: Exception) -> JSONResponse:
    match error:
        case HTTPException():
            response = problem(error.status_code, str(error.detail))
            response.headers.update(error.headers or {})
            return response
        case RequestValidationError():
            return _invalid_request(error)
        case InvalidBeat():
            return _field(f"beats.{error.index}", error.reason)
        case InvalidBeats():
            return _field("beats", str(error))
        case NoSolver():
            return _field("solver", str(error))
        case UnknownMethod():
            return _field("solver.method", str(error))
        case InvalidSolver():
            return _field("solver", str(error))
        case UnknownModelName():
            return problem(404, str(error), [FieldError(field="model", message=str(error))])
        case _:
            return problem(500, "an error of the service's own; it has been logged with this request's id")


def _field(field: str, message: str) -> JSONResponse:
    return problem(422, f"{field}: {message}", [FieldError(field=field, message=message)])


def _invalid_request(error: RequestValidationError) -> JSONResponse:
    errors = [FieldError(field=_path(e["loc"]), message=e["msg"]) for e in error.errors()[:MOST_ERRORS]]
    if any(e["type"] == "json_invalid" for e in error.errors()):
        return problem(400, "the body is not JSON", errors)
    more = len(error.errors()) - len(errors)
    detail = "; ".join(f"{e.field}: {e.message}" for e in errors) + (f"; and {more} more" if more else "")
    return problem(422, detail, errors)


def _path(loc: Sequence[Any]) -> str:
    """`beats.3.17` from ("body", "beats", 3, 17); "body" alone for the body itself."""
    return ".".join(map(str, loc[1:])) or "body"
