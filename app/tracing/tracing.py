"""Tracing: where the time of each request goes, for an OpenTelemetry collector where the environment names one.

The standard variables say where and how (https://opentelemetry.io/docs/specs/otel/protocol/exporter). Without them
nothing is traced, and nothing is imported for it.
"""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from fastapi.telemetry import TelemetryConfig

from app.batching.batcher import Observer
from app.errors import TracesUnavailable

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Either turns tracing on; the first is asked first."""

PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HTTP = "http/protobuf"

_NOTHING = nullcontext()


@runtime_checkable
class Tracing(Protocol):
    """What the service reports of its requests."""

    @property
    def telemetry(self) -> TelemetryConfig:
        """What FastAPI does for it: it makes the span of a whole request, or WebSocket."""

    @property
    def observer(self) -> Observer | None:
        """The observer of batches."""

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[object]:
        """While a part of the request is being worked on; attributes are recorded as `cardiode.NAME`."""

    def trace_id(self) -> str | None:
        """Of the request that is being answered, as its caller knows it; None where it has none."""

    def close(self) -> None:
        """Send what has not been sent, if that can be done soon."""


class Untraced:
    """Reports to nobody."""

    telemetry = TelemetryConfig(tracing=False, metrics=False, logs=False, auto_configure=False)
    observer = None

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[object]:  # noqa: ARG002
        """No span is made."""
        return _NOTHING

    def trace_id(self) -> None:
        """No observer: nothing is traced."""

    def close(self) -> None:
        """Nothing is left."""


def from_environment() -> Tracing:
    """As the environment asks. Raises TracesUnavailable."""
    name = next(filter(_value, ENDPOINTS), None)
    off = _value("OTEL_SDK_DISABLED").lower() == "true" or _value("OTEL_TRACES_EXPORTER").lower() == "none"
    if name is None or off:
        return Untraced()
    if not _is_url(_value(name)):
        raise TracesUnavailable(f"{name}: got {_value(name)!r}, expected a URL such as http://collector:4318")
    protocol = next(filter(None, map(_value, PROTOCOLS)), HTTP)
    if protocol != HTTP:
        raise TracesUnavailable(f"{' or '.join(PROTOCOLS)}: got {protocol!r}, expected {HTTP}, or none of them")
    try:
        from app.tracing.traces import Traces

        return Traces()
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        raise TracesUnavailable(
            f"{name} asks for traces, but {error.name} is not installed: pip install 'cardiode[traces]', or unset it"
        ) from error
    except ValueError as error:  # such as a batch that is larger than the queue
        raise TracesUnavailable(f"OpenTelemetry refuses one of the variables OTEL_*: {error}") from error


def _value(name: str) -> str:
    """An empty variable is as good as none (OpenTelemetry's rule)."""
    return os.environ.get(name, "")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
