"""Annotation of a recording that lies in a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ecg import Recording, choose_leads
from ecg.reading import ReadOptions
from ecg.workspace import Workspace
from models.annotation.recording import AnnotatedPart, AnnotatedRecording, annotate_recording
from models.plan import Plan

READING = 0.2
"""Of the progress that is reported."""


@dataclass(frozen=True)
class SizeLimits:
    """What a recording may have: bytes as unpacked, and samples over all its leads."""

    bytes: int = 500_000_000
    values: int = 250_000_000


def annotate_file(
    file: Path,
    plan: Plan,
    *,
    options: ReadOptions = ReadOptions(),
    limits: SizeLimits = SizeLimits(),
    progress: Callable[[float], object] | None = None,
) -> AnnotatedRecording:
    """The annotated recording of a WFDB header with its signal files beside it, an EDF, a CSV, or a zip of one of them.

    `progress` is called with the share that is done, 0 to 1. Raises
    UnreadableRecording, InvalidSignals, LargeRecording and UnknownLead.
    """
    report = progress or (lambda _: None)
    with Workspace() as workspace:
        source = workspace.open_beside(file, options, limits.bytes)
        recording = workspace.store(source, limits.values, lambda share: report(READING * share))
        return _annotated(recording, plan, options.lead, lambda share: report(READING + (1 - READING) * share))


def _annotated(
    recording: Recording, plan: Plan, lead: str | None, report: Callable[[float], object]
) -> AnnotatedRecording:
    leads = choose_leads(recording, lead)
    parts: list[AnnotatedPart] = []
    for part in annotate_recording(plan, recording, leads):
        parts.append(part)
        report(part.share_of(recording))
    return AnnotatedRecording.of(recording, plan, leads, parts)
