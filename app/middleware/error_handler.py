"""The error handler: every error becomes an answer of one shape, and is counted."""

from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.responses import Response

from app.http.methods import allowed
from app.http.problems import ANSWERED, problem_of
from app.state import state_of


def install(app: FastAPI) -> None:
    """Let the app answer every error in this shape."""
    for kind in ANSWERED:
        app.add_exception_handler(kind, _answer)


async def _answer(connection: HTTPConnection, error: Exception) -> Response:
    return answer(connection, error)


def answer(connection: HTTPConnection, error: Exception) -> Response:
    """The answer to a request that an error ends, which is counted."""
    kind, response = problem_of(error)
    state_of(connection).metrics.errors.labels(kind=kind).inc()
    path = connection.scope["path"]
    if response.status_code == 405:  # by the one route that was looked at: others may have the same path
        response.headers["Allow"] = ", ".join(allowed(connection.app.routes, path))
    return response.on(path)
