"""A live signal: its beats, decided on as they come, and what they say together at the end."""

from functools import partial
from typing import Annotated, Any

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, Field

from app.http.schemas import DecisionOptions, Signal
from app.http.validation import validated
from app.keys.allowance import Allowance
from app.metrics.metrics import Metrics
from ecg import (
    BeatStream,
    FoundBeats,
    InvalidSignals,
    Label,
    LiveContext,
    Quality,
    find_lead,
    preferred_lead,
    summarize,
)
from ecg.segments import segments_of
from ecg.source import MAX_NAME, check_unit
from models import Decide, ModelIdentity, Plan, annotate
from models.annotation.json import beat_object, rhythm_object, segment_object

MAX_LEADS = 12
MAX_PIECE = 4_000_000
"""Values in one message."""

MESSAGE = "message"
"""What errors call what was sent."""


class StreamRequest(DecisionOptions):
    """How the signal comes, and how its beats shall be decided on."""

    fs: float = Field(description="samples a second: 50 to 2,000")
    leads: list[Annotated[str, Field(max_length=MAX_NAME)]] = Field(
        min_length=1, max_length=MAX_LEADS, description="their names, in the order of the signals"
    )
    lead: str | None = Field(None, description="the one that beats are cut from; left out: II, or the first")
    unit: str = Field("mV", description="mV, uV or V")


class StreamResponse(BaseModel):
    """What the service makes of it."""

    model: ModelIdentity
    lead: str


class StreamPiece(BaseModel):
    """A piece of the signal, or its end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signals: list[Signal] = Field(default_factory=list, max_length=MAX_LEADS, fail_fast=True)
    end: bool = False


def opened(first: bytes | str) -> StreamRequest:
    """What the first message of a stream asks. Raises InvalidSignals and RequestValidationError."""
    if isinstance(first, bytes):
        raise InvalidSignals('got bytes as the first message, expected JSON such as {"fs": 250, "leads": ["II"]}')
    return validated(StreamRequest, first.encode(), MESSAGE)


class LiveSignal:
    """A live signal and what was decided on its beats so far. Raises InvalidSignals and UnknownLead."""

    def __init__(
        self, asked: StreamRequest, plan: Plan, decide: Decide, metrics: Metrics, allowance: Allowance
    ) -> None:
        self.plan = plan
        self.decide = decide
        self.metrics = metrics
        self.allowance = allowance
        self.factor = check_unit(asked.unit)
        name = find_lead(asked.leads, asked.lead) if asked.lead else preferred_lead(asked.leads) or asked.leads[0]
        lead = asked.leads.index(name)
        self.leads = asked.leads
        self.found = BeatStream(len(asked.leads), asked.fs, lead, live=True)
        self.order = [lead, *(other for other in range(len(asked.leads)) if other != lead)]
        self.context = LiveContext(len(asked.leads), asked.fs) if plan.in_context else None
        self.description = StreamResponse(model=plan.classifier.identity, lead=name)
        self.times: list[float] = []
        self.labels: list[Label | None] = []
        self.broken: list[bool] = []
        self.quality: list[Quality] = []
        self.second: list[bool] = []
        self.samples = 0

    def push(self, content: bytes | str) -> tuple[list[dict[str, Any]], bool]:
        """The beats that one message brought, and whether it ends the signal."""
        if isinstance(content, bytes):
            return self._follow(self._from_bytes(content)), False
        piece = validated(StreamPiece, content.encode(), MESSAGE)
        beats = self._follow(self._from_lists(piece.signals)) if piece.signals else []
        if piece.end:
            beats += self._beats(self.found.finish())
        return beats, piece.end

    def end(self) -> dict[str, Any]:
        """What is said at the end."""
        rhythm = summarize(np.array(self.times, np.float64), self.labels, np.array(self.broken, np.bool_))
        names = [self.leads[lead] for lead in self.order]
        segments = segments_of(self.times, self.quality, self.second, self.samples / self.found.fs, names[:2])
        return {
            "rhythm": rhythm_object(self.labels, rhythm),
            "reason": self.found.reason,
            "segments": [segment_object(segment) for segment in segments],
        }

    def _follow(self, signals: Float[np.ndarray, "lead sample"]) -> list[dict[str, Any]]:
        """The beats that the next piece brought."""
        found = self.found.push(signals)
        self.samples += signals.shape[1]
        if self.context is not None:
            self.context.push(signals[self.order])
        return self._beats(found)

    def _beats(self, found: FoundBeats) -> list[dict[str, Any]]:
        if not len(found):
            return []
        self.allowance.charge(len(found))
        context = partial(self.context.of, next_peak=self.found.next_peak) if self.context is not None else None
        part = annotate(self.plan, found, context, self.decide)
        self.metrics.count_annotated(self.plan.classifier.identity.name, part)
        self.times += (found.peaks / self.found.fs).tolist()
        self.labels += part.labels
        self.broken += found.broken.tolist()
        self.quality += found.quality
        self.second += found.second.tolist()
        rows = zip(found.peaks.tolist(), found.quality, part, strict=True)
        return [beat_object(sample, self.found.fs, quality, decision) for sample, quality, decision in rows]

    def _from_bytes(self, content: bytes) -> Float[np.ndarray, "lead sample"]:
        if len(content) % (4 * self.found.leads) or len(content) > 4 * MAX_PIECE:
            raise InvalidSignals(
                f"got {len(content):,} bytes, expected 4 for each of {self.found.leads} leads a sample, "
                f"{4 * MAX_PIECE:,} at most in one message"
            )
        return np.frombuffer(content, "<f4").reshape(-1, self.found.leads).T * np.float32(self.factor)

    def _from_lists(self, signals: list[list[float | None]]) -> Float[np.ndarray, "lead sample"]:
        lengths = sorted({len(signal) for signal in signals})
        if len(signals) != self.found.leads or len(lengths) > 1 or sum(map(len, signals)) > MAX_PIECE:
            raise InvalidSignals(
                f"got {len(signals)} signals of {' and '.join(map(str, lengths))} samples, expected "
                f"{self.found.leads} of equal length, {MAX_PIECE:,} values at most in one message"
            )
        return np.array(signals, dtype=np.float64).reshape(len(signals), -1) * self.factor
