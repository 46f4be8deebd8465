"""Refusals: what the interface's description says of each status that a route may refuse a request with.

Those for want of a key and because the service is ending are added by themselves, where a route does not say otherwise.
"""

from collections.abc import Mapping
from typing import Any

from app.http.problems import INFERENCE_MEDIA_TYPE, MEDIA_TYPE, InferenceError, Problem
from app.http.schemas import whole_schema

Responses = dict[int | str, dict[str, Any]]

BODY = {
    400: "The body is not what its Content-Type says.",
    408: "The body came too slowly.",
    413: "The body is over the limit.",
    503: "The service is at a limit, or draining; Retry-After says when to try again.",
}
"""Of every route that has a body."""

KIND = {415: "The body is of no kind that is known."}
FIELD = {422: "A field is not as it should be; the answer names it."}
OVER_LIMIT = {429: "The API key has exceeded its limit of beats; Retry-After says when to try again."}
QUEUE = {
    503: "As many beats wait as may, what was to solve them was lost, or the service is ending; Retry-After says when "
    "to try again.",
    504: "The answer could not be there before the deadline.",
}

KEY = {
    401: "No known API key, where the service asks for one.",
    403: "A page of another origin asks, or the service is asked by another name than one of its machine.",
}
ENDING = {503: "The service is draining; Retry-After says when to try again."}

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


def refusals(texts: Mapping[int, str], *, inference: bool = False, key: bool = True, ending: bool = True) -> Responses:
    """The `responses` of a route: a description for each status, with the shape that errors have there.

    `key` says whether it needs one, where the service asks for one, and `ending` whether it is closed meanwhile.
    """
    media_type, shape = (INFERENCE_MEDIA_TYPE, InferenceError) if inference else (MEDIA_TYPE, Problem)
    content = {media_type: {"schema": whole_schema(shape)}}
    known = (ENDING if ending else {}) | (KEY if key else {}) | dict(texts)
    return {
        status: {"description": known[status], "content": content, "headers": HEADERS.get(status, {})}
        for status in sorted(known)
    }
