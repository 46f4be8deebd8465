"""Refusals: what the interface's description says of each status that a route may refuse a request with.

401 is added by itself: every route that is described with refusals needs a key, where the service asks for one.
"""

from collections.abc import Mapping
from typing import Any

from app.problems import INFERENCE_MEDIA_TYPE, MEDIA_TYPE, InferenceError, Problem
from app.schemas import whole_schema

Responses = dict[int | str, dict[str, Any]]

BODY = {
    400: "The body is not what its Content-Type says.",
    408: "The body came too slowly.",
    413: "The body is over the limit.",
    503: "As much as may be is being sent or worked on already; Retry-After says when to come again.",
}
"""Of every route that has a body."""

KIND = {415: "The body is of no kind that is known."}
FIELD = {422: "A field is not as it should be; the answer names it."}
OVER_LIMIT = {429: "The API key has had more beats than it may; Retry-After says when to come again."}
QUEUE = {
    503: "As many beats wait as may; Retry-After says when to come again.",
    504: "The answer could not be there before the deadline.",
}

RETRY_AFTER = {
    "Retry-After": {
        "description": "seconds to wait",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}}},
    429: RETRY_AFTER,
    503: RETRY_AFTER,
}


def refusals(texts: Mapping[int, str], *, inference: bool = False) -> Responses:
    """The `responses` of a route: a description for each status, with the shape that errors have there."""
    media_type, shape = (INFERENCE_MEDIA_TYPE, InferenceError) if inference else (MEDIA_TYPE, Problem)
    content = {media_type: {"schema": whole_schema(shape)}}
    known = {401: "No known API key, where the service asks for one.", **texts}
    return {
        status: {"description": known[status], "content": content, "headers": HEADERS.get(status, {})}
        for status in sorted(known)
    }
