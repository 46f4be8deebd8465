"""Spans: what is the same for all that the service makes."""

from opentelemetry.trace import Span, StatusCode

from app.http.problems import problem_of


def named(**attributes: str | int) -> dict[str, str | int]:
    """Attributes under the names that spans use: `cardiode.` before each."""
    return {f"cardiode.{name}": value for name, value in attributes.items()}


def fail(span: Span, error: Exception) -> None:
    """Tell of an error by the kind that metrics count; one of the request's own makes no failed span."""
    kind, answer = problem_of(error)
    span.set_attribute("error.type", kind)
    if answer.status_code >= 500:
        span.set_status(StatusCode.ERROR)
