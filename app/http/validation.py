"""Validation: what a request says, as a model; what is wrong with it, by field.

A name that comes twice is refused: of two values one would be ignored, and nothing is silently ignored.
"""

import json
import re
from collections.abc import Iterable
from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers

TWICE = "got it twice, expected it once"

MOST_MARKS = {b":": 1_000, b"{": 1_000, b"[": 10_000, b'"': 10_000}
"""How often each may stand in a document: at least twice what the largest request has. Numbers are the only thing that
there are many of; of any other, each would become an object of Python's, and those at fault an error besides."""

Model = TypeVar("Model", bound=BaseModel)

TOKENS = re.compile(rb'[^"{}]*+(?:("(?:[^"\\]++|\\.)*+")(\s*+:)?+|([{}])|\Z)')
"""Of JSON, what begins or ends an object or is a string, after whatever else comes; before a colon it is a key.

Nothing is gone back over (`+` after `*`): to remember where to, in a long string, takes a hundred times its size.
"""


def validated(model: type[Model], content: bytes | dict[str, object], where: str = "body") -> Model:
    """The model that the content makes; `where` is what an error calls it. Raises RequestValidationError."""
    if isinstance(content, bytes):
        _check_count(content, where)
    try:
        if not isinstance(content, bytes):
            return model.model_validate(content)
        made = model.model_validate_json(content)
    except ValidationError as error:
        raise _of_request(error, where) from error
    _check_keys(content, where)
    return made


def validated_strings(model: type[Model], content: dict[str, object], where: str) -> Model:
    """The same of values that all are text, as a query has them. Raises RequestValidationError."""
    try:
        return model.model_validate_strings(content)
    except ValidationError as error:
        raise _of_request(error, where) from error


def invalid(field: str, message: str, where: str = "body") -> RequestValidationError:
    """The error for a field that no model describes."""
    return RequestValidationError([{"type": "value_error", "loc": (where, field), "msg": message}])


def single(headers: Headers, name: str) -> str | None:
    """What a header says, None where there is none. Raises RequestValidationError where it comes twice."""
    values = headers.getlist(name)
    if len(values) > 1:
        raise invalid(name, TWICE, "header")
    return values[0] if values else None


def check_once(names: Iterable[str], where: str) -> None:
    """Raises RequestValidationError for a name that comes twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise invalid(name, TWICE, where)
        seen.add(name)


def _check_count(content: bytes, where: str) -> None:
    """Raises RequestValidationError for a document with more names, texts or lists than any request has."""
    for mark, most in MOST_MARKS.items():
        if (count := content.count(mark)) > most:
            message = f"got {count:,} times {mark.decode()!r}, expected at most {most:,}; /docs describes what is read"
            raise RequestValidationError([{"type": "value_error", "loc": (where,), "msg": message}])


def _check_keys(content: bytes, where: str) -> None:
    """The same of each object of a document, which pydantic has read: it takes the last of two."""
    objects: list[list[str]] = []
    for token in TOKENS.finditer(content):
        text, colon, brace = token.groups()
        if brace == b"{":
            objects.append([])
        elif brace == b"}":
            check_once(objects.pop(), where)
        elif colon is not None:
            objects[-1].append(json.loads(text))


def _of_request(error: ValidationError, where: str) -> RequestValidationError:
    found = error.errors(include_url=False, include_input=False)
    return RequestValidationError([e | {"loc": (where, *e["loc"])} for e in found])
