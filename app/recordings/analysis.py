"""The analysis of one recording: found, decided on, counted and paid for part by part, kept where that was asked."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from app.batching.decider import BatchedDecider
from app.http.presence import ClientLeft
from app.http.problems import problem_of
from app.keys.allowance import Allowance
from app.metrics.metrics import Metrics
from app.recordings.store import RecordingStore, new_id
from ecg import Recording
from ecg.workspace import Workspace
from models import AnnotatedPart, AnnotatedRecording, Plan, annotate_recording
from models.annotation.json import beat_lines, begun_object, line, recording_object, rhythm_object

logger = logging.getLogger("cardiode.recordings")


@dataclass(frozen=True)
class Account:
    """What the work on a recording is counted in, and who pays for it."""

    metrics: Metrics
    allowance: Allowance

    def annotated(self, parts: Iterator[AnnotatedPart], plan: Plan) -> Iterator[AnnotatedPart]:
        """The parts of a new recording, counted and paid for as they come."""
        model = plan.classifier.identity.name
        for part in parts:
            self.metrics.count_annotated(model, part.beats)
            self.allowance.pay(len(part.beats))
            yield part
        self.metrics.recordings.labels(model=model).inc()

    def guarded(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """The lines; where work that has begun to be answered fails, a last line says so."""
        try:
            yield from lines
        except ClientLeft:
            return
        except Exception as error:
            logger.exception("failed in the middle of an answer")
            kind, response = problem_of(error)
            self.metrics.errors.labels(kind=kind).inc()
            yield line("problem", response.problem.model_dump())


class Analysis:
    """The work on one recording. `store` keeps it afterwards; None where nobody asked for that."""

    def __init__(
        self,
        recording: Recording,
        leads: tuple[int, ...],
        plan: Plan,
        decide: BatchedDecider,
        account: Account,
        workspace: Workspace,
        store: RecordingStore | None,
    ) -> None:
        self.recording = recording
        self.leads = leads
        self.plan = plan
        self.decide = decide
        self.account = account
        self.workspace = workspace
        self.store = store
        self.id = new_id() if store is not None else None

    def whole(self) -> AnnotatedRecording:
        return self._finished(list(self._parts()))

    def lines(self, *, beats: bool) -> Iterator[bytes]:
        """NDJSON: the recording, its beats as they are done with progress between, and at last the rhythm."""
        return self.account.guarded(self._lines(beats=beats))

    def _lines(self, *, beats: bool) -> Iterator[bytes]:
        yield line("recording", begun_object(self.recording, self.plan, next(iter(self.leads), None), self.id))
        parts = []
        for part in self._parts():
            parts.append(part)
            if beats:
                yield from beat_lines(part.beats, self.recording.fs)
            share = part.share_of(self.recording)
            yield line("progress", {"seconds": round(part.seconds, 3), "share": round(share, 4)})
        whole = self._finished(parts)
        yield line("rhythm", rhythm_object(whole.beats.labels, whole.rhythm))
        yield line("recording", recording_object(whole, self.id))

    def _parts(self) -> Iterator[AnnotatedPart]:
        parts = self.decide.while_wanted(annotate_recording(self.plan, self.recording, self.leads, self.decide))
        return self.account.annotated(parts, self.plan)

    def _finished(self, parts: list[AnnotatedPart]) -> AnnotatedRecording:
        whole = AnnotatedRecording.of(self.recording, self.plan, self.leads, parts)
        if self.store is not None and self.id is not None:
            self.store.keep(self.id, self.workspace, whole)
        return whole
