"""What the service answers where it cannot do what was asked (RFC 9457)."""

import json
from dataclasses import dataclass

import httpx2 as httpx

MEDIA_TYPE = "application/problem+json"
MOST_CHARACTERS = 500
"""Of what something else on the way has answered."""


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of the request."""

    field: str
    message: str


class CardiodeError(Exception):
    """An answer other than the one that was asked for: `status`, `title`, `detail`, and the fields at fault."""

    def __init__(self, status: int, title: str, detail: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors

    @classmethod
    def of(cls, response: httpx.Response) -> "CardiodeError":
        """The error of an answer, whoever sent it: a proxy knows nothing of problems."""
        if response.headers.get("content-type", "").startswith(MEDIA_TYPE):
            problem = json.loads(response.content)
            errors = tuple(FieldError(error["field"], error["message"]) for error in problem["errors"])
            return cls(response.status_code, problem["title"], problem["detail"], errors)
        return cls(response.status_code, response.reason_phrase, response.text[:MOST_CHARACTERS])
