"""Analysis: from an upload to all that is said of its recording, step by step.

files -> source -> recording on disk -> leads -> beats -> decisions -> answer
"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.batching.batcher import Batcher
from app.batching.classifier import BatchedClassifier
from app.http.schemas import SolverRequest
from app.keys.allowance import Allowance
from app.metrics.metrics import Metrics
from app.recordings.forms import Answer, beat_lines, line, rhythm_json
from app.recordings.schemas import RecordingOptions, describe
from app.recordings.store import Decided, KeptRecordings, new_id
from app.recordings.workspace import Workspace
from app.registry.models import ServedModel
from ecg import Recording
from models import AnnotatedPart, AnnotatedRecording, NoSolver, Solver, annotate_recording


@dataclass(frozen=True)
class Job:
    """A recording that is read, and how it shall be worked on."""

    recording: Recording
    leads: tuple[int, ...]
    model: ServedModel
    solver: Solver | None
    coverage: float
    batcher: Batcher
    metrics: Metrics
    allowance: Allowance

    def parts(self) -> Iterator[AnnotatedPart]:
        """Its beats, part by part, counted and paid for as they are found and decided on."""
        classifier = BatchedClassifier(self.model, self.batcher, "bulk")
        for part in annotate_recording(classifier, self.recording, self.leads, self.solver, coverage=self.coverage):
            self.metrics.count_annotated(self.model.identity.name, part.beats)
            self.allowance.pay(len(part.beats))
            yield part
        self.metrics.recordings.labels(model=self.model.identity.name).inc()


def solver_of(model: ServedModel, asked: SolverRequest | None) -> Solver | None:
    """How to solve, found out before any work is done. Raises NoSolver and InvalidSolver."""
    if asked is None:
        return None
    if model.classifier.solver is None:
        raise NoSolver(f"got a solver, but {model.identity.name} solves no equation; leave it out")
    return asked.applied_to(model.classifier.solver)


def share_done(part: AnnotatedPart, recording: Recording) -> float:
    """How much of a recording is done with this part, 0 to 1: one without samples is done at once."""
    return part.seconds / recording.seconds if recording.seconds else 1.0


class Analysis:
    """The work on one recording, which is kept afterwards where that was asked for."""

    def __init__(self, job: Job, options: RecordingOptions, workspace: Workspace, kept: KeptRecordings) -> None:
        self.job = job
        self.options = options
        self.workspace = workspace
        self.kept = kept
        self.id = new_id() if options.keep else None

    def answer(self) -> Answer:
        """All at once."""
        return self._finish(list(self.job.parts()))

    def lines(self) -> Iterator[bytes]:
        """NDJSON: the recording, its beats as they are done with progress between, and at last the rhythm."""
        job = self.job
        lead = job.leads[0] if job.leads else None
        head = describe(job.recording, lead, job.model.identity, kept_as=self.id, whole=None)
        yield line("recording", head.model_dump_json())
        parts = []
        for part in job.parts():
            parts.append(part)
            if self.options.beats:
                yield from beat_lines(part.beats, job.recording.fs)
            share = share_done(part, job.recording)
            yield line("progress", f'{{"seconds":{part.seconds:.3f},"share":{share:.4f}}}')
        answer = self._finish(parts)
        yield line("rhythm", rhythm_json(answer.whole).decode())
        yield line("recording", answer.head.model_dump_json())

    def _finish(self, parts: list[AnnotatedPart]) -> Answer:
        job = self.job
        whole = AnnotatedRecording.of(job.recording, job.leads, parts)
        if self.id is not None:
            self.kept.keep(self.id, self.workspace, Decided(job.model, whole))
        head = describe(job.recording, whole.lead, job.model.identity, kept_as=self.id, whole=whole)
        return Answer(head, whole)
