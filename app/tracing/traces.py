"""Traces: tracing by OpenTelemetry, sent to a collector by OTLP over HTTP."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from fastapi.telemetry import TelemetryConfig
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import format_trace_id, get_current_span
from starlette.types import Scope

from app.http.paths import rules_of
from app.tracing.batch_spans import BatchSpans
from app.tracing.spans import fail, named

NAME = "cardiode"

CLOSING_SECONDS = 5
"""A collector that does not answer must not keep the service from ending."""

MOST_CHARACTERS = 1_000
"""Of an attribute: a stranger's path may be of any length, and spans wait in memory."""

RECORDING = re.compile(r"(?<=^/recordings/)[^/]+")

logger = logging.getLogger("cardiode.traces")


class Traces:
    """Spans of requests and of batches, sent from a thread of their own; where they cannot be, they are dropped.

    The variables OTEL_* are OpenTelemetry's own, which reads them. Raises ValueError for some that it does not like.
    """

    def __init__(self) -> None:
        own = Resource.create({"service.name": NAME, "service.version": version(NAME)})
        resource = own.merge(OTELResourceDetector().detect())
        limits = SpanLimits(max_span_attribute_length=MOST_CHARACTERS)
        sending = BatchSpanProcessor(OTLPSpanExporter())
        self._provider = TracerProvider(resource=resource, span_limits=limits, shutdown_on_exit=False)
        # Whether a batch is traced depends on its requests, which were sampled before.
        batches = TracerProvider(ALWAYS_ON, resource=resource, span_limits=limits, shutdown_on_exit=False)
        self._provider.add_span_processor(_Discreet())
        for provider in (self._provider, batches):
            provider.add_span_processor(sending)
        self._tracer = self._provider.get_tracer(NAME, version(NAME))
        self.observer = BatchSpans(batches.get_tracer(NAME, version(NAME)))
        self.telemetry = TelemetryConfig(
            tracer_provider=self._provider,
            metrics=False,
            logs=False,
            operation_spans=False,
            auto_configure=False,
            exclude=_is_watching,
        )

    @contextmanager
    def span(self, name: str, **attributes: str | int) -> Iterator[None]:
        """A span inside that of the request."""
        with self._tracer.start_as_current_span(
            name, attributes=named(**attributes), record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except Exception as error:
                fail(span, error)
                raise

    def trace_id(self) -> str | None:
        """32 hexadecimal digits."""
        context = get_current_span().get_span_context()
        return format_trace_id(context.trace_id) if context.is_valid else None

    def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        closing = threading.Thread(target=self._provider.shutdown, name="traces-closing", daemon=True)
        closing.start()
        closing.join(CLOSING_SECONDS)
        if closing.is_alive():
            logger.warning("the last spans were not sent within %g s, and are lost", CLOSING_SECONDS)


class _Discreet(SpanProcessor):
    """Takes out of paths what opens a patient's recording."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """Before anything else sees the span."""
        path = (span.attributes or {}).get("url.path")
        if isinstance(path, str):
            span.set_attribute("url.path", RECORDING.sub("{id}", path))


def _is_watching(scope: Scope) -> bool:
    return not rules_of(scope["path"]).traced
