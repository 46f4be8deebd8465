"""A collector of traces: a real receiver of OTLP over HTTP, and what it has received."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2


@dataclass(frozen=True)
class Link:
    """Where a span points."""

    trace: str
    span: str


@dataclass(frozen=True)
class Told:
    """One span. Ids are hexadecimal; times are nanoseconds since 1970."""

    name: str
    server: bool
    trace: str
    id: str
    parent: str
    links: frozenset[Link]
    attributes: dict[str, object]
    failed: bool
    started: int
    ended: int

    @property
    def link(self) -> Link:
        """What points here."""
        return Link(self.trace, self.id)

    @classmethod
    def of(cls, span: trace_pb2.Span) -> "Told":
        """As it came."""
        return cls(
            name=span.name,
            server=span.kind == trace_pb2.Span.SPAN_KIND_SERVER,
            trace=span.trace_id.hex(),
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            links=frozenset(Link(link.trace_id.hex(), link.span_id.hex()) for link in span.links),
            attributes=_values(span.attributes),
            failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
            started=span.start_time_unix_nano,
            ended=span.end_time_unix_nano,
        )


class Collector:
    """What came so far."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.bodies: list[bytes] = []
        self.status = 200
        """Of its answers."""
        self.asked = threading.Event()
        self.answers = threading.Event()
        self.answers.set()

    @property
    def spans(self) -> list[Told]:
        """All of them."""
        return [
            Told.of(span)
            for body in self.bodies
            for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]

    @property
    def resource(self) -> dict[str, object]:
        """Of whom the first of them tell."""
        return _values(ExportTraceServiceRequest.FromString(self.bodies[0]).resource_spans[0].resource.attributes)

    def named(self, name: str) -> list[Told]:
        """Those of a name, in the order of their beginning."""
        return sorted((span for span in self.spans if span.name == name), key=lambda span: span.started)

    def one(self, name: str) -> Told:
        """The only one of a name."""
        (span,) = self.named(name)
        return span


def _values(attributes):
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            collector.asked.set()
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.answers.wait()
            if self.path == "/v1/traces":
                collector.bodies.append(body)
            self.send_response(collector.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield collector
        finally:
            collector.answers.set()
            server.shutdown()
            thread.join()
