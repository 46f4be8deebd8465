"""Validation: what a request says, as a model; what is wrong with it, by field."""

from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], content: bytes | dict[str, object], where: str = "body") -> Model:
    """The model that the content makes; `where` is what an error calls it. Raises RequestValidationError."""
    try:
        if isinstance(content, bytes):
            return model.model_validate_json(content)
        return model.model_validate(content)
    except ValidationError as error:
        raise _of_request(error, where) from error


def validated_strings(model: type[Model], content: dict[str, object], where: str) -> Model:
    """The same of values that all are text, as a query has them. Raises RequestValidationError."""
    try:
        return model.model_validate_strings(content)
    except ValidationError as error:
        raise _of_request(error, where) from error


def invalid(field: str, message: str, where: str = "body") -> RequestValidationError:
    """The error for a field that no model describes."""
    return RequestValidationError([{"type": "value_error", "loc": (where, field), "msg": message}])


def _of_request(error: ValidationError, where: str) -> RequestValidationError:
    found = error.errors(include_url=False, include_input=False)
    return RequestValidationError([e | {"loc": (where, *e["loc"])} for e in found])
