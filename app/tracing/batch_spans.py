"""Spans of batches: one for each, linked to the requests whose beats are in it, and what it was to each of them.

A batch has beats of many requests, and a span has one parent. So a batch is a trace of its own, with a link to each
request, as OpenTelemetry's specification has it for batched operations ("Links between spans"). In the trace of each
request stand its wait in the queue and its share of the batch, with a link to the batch.
"""

import logging
import time
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from opentelemetry.context import Context, get_current
from opentelemetry.trace import Link, Span, Tracer, get_current_span

from app.batching.batch import BatchKey, PendingRequest, SolvedBatch
from app.tracing.spans import fail, named
from models import Decisions

logger = logging.getLogger("cardiode.traces")


class BatchSpans:
    """An observer of the batcher. Its tracer must sample all: what is sent belongs to requests that are sampled."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._contexts: WeakKeyDictionary[PendingRequest, Context] = WeakKeyDictionary()
        """In which each request was asked."""

    def queued(self, request: PendingRequest) -> None:
        """Note to which request the beats belong."""
        if get_current_span().get_span_context().trace_flags.sampled:
            self._contexts[request] = get_current()

    def solved(self, batch: SolvedBatch) -> None:
        """Tell of a batch, if some request in it is sampled."""
        try:
            self._tell(batch)
        except Exception:  # the batcher must go on
            logger.exception("the spans of a batch are lost")

    def _tell(self, batch: SolvedBatch) -> None:
        contexts = [self._contexts.get(piece.request) for piece in batch.pieces]
        links = [Link(get_current_span(context).get_span_context()) for context in contexts if context is not None]
        if not links:
            return
        beats = sum(len(piece.beats) for piece in batch.pieces)
        common = _attributes(batch.key) | named(batch_beats=beats, batch_requests=len(batch.pieces))
        started, ended = _since_1970(batch.started), _since_1970(batch.ended)
        whole = self._tracer.start_span("batch", Context(), attributes=common, links=links, start_time=started)
        _end(whole, batch.parts, ended)
        link = Link(whole.get_span_context())
        for context, piece, part in zip(contexts, batch.pieces, batch.parts, strict=True):
            if context is None:
                continue
            if piece.start == 0:
                self._tracer.start_span("wait", context, start_time=_since_1970(piece.request.since)).end(started)
            own = common | named(beats=len(piece.beats))
            share = self._tracer.start_span("solve", context, attributes=own, links=[link], start_time=started)
            _end(share, [part], ended)


def _attributes(key: BatchKey) -> dict[str, str | int]:
    """What the beats of a batch have in common."""
    model, shadow = key.classifier.identity, key.urgency == "spare"
    common = named(model=model.name, model_version=model.version, model_sha256=model.sha256, shadow=shadow)
    return common if key.solver is None else common | named(method=key.solver.method)


def _end(span: Span, parts: Sequence[Decisions | Exception], ended: int) -> None:
    """Tell what the parts cost, or why they failed."""
    for part in parts:
        if isinstance(part, Exception):
            fail(span, part)
    receipts = [part.receipts for part in parts if isinstance(part, Decisions) and part.receipts is not None]
    if receipts:
        span.set_attributes(named(evaluations=sum(int(receipt.evaluations.sum()) for receipt in receipts)))
    span.end(ended)


def _since_1970(seconds: float) -> int:
    """Nanoseconds since 1970 of a time by `time.monotonic`."""
    return time.time_ns() - time.monotonic_ns() + round(1e9 * seconds)
