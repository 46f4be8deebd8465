"""A WFDB recording: that of one header, which may be made up of segments."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from ecg.errors import UnreadableRecording
from ecg.formats.rates import Block
from ecg.formats.reading import Reading
from ecg.formats.signals import Chosen
from ecg.formats.wfdb.annotations import read_annotations
from ecg.formats.wfdb.header import NOTHING, SUFFIX, Header, read_header
from ecg.formats.wfdb.segment import LayoutSegment, Segment, rate_of
from ecg.reading import ReadOptions
from ecg.recording import Recording
from ecg.source import BLOCK, MAX_SAMPLES, Source

MAX_DESCRIBED = 4096
"""Signals, in the headers of all segments together: each takes about a millisecond."""

SMALL = 2**10
"""Samples of a segment that is read once, however often it is named."""


def open_record(header: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The recording of a header, which may have several segments; its other files lie in the same folder.

    Each signal is read at its own rate, and those of a lower one are brought up to the highest. Warned of are what is
    missing at the end of a file, a gain of 0 (200 units a mV are taken, as header(5) proposes), and a checksum that
    does not come out, but for one of 0. Raises UnreadableRecording, also for a header that names a file elsewhere and,
    where the options are strict, for what is warned of otherwise; and InvalidSignals.
    """
    reading = Reading(header, "WFDB", options)
    whole = read_header(header)
    if whole.has_segments:
        return _open_segments(reading, whole)
    segment = Segment(reading, whole)
    segment.check_not_empty()
    return reading.source(
        segment.chosen,
        rate_of(whole, segment.samples),
        segment.there * segment.samples,
        segment.blocks(),
        _begun(whole),
    )


def read(path: Path, annotator: str | None = "atr") -> Recording:
    """Read the recording whose files are `path` with .hea, .dat and the annotator's extension.

    `annotator` None leaves annotations out; one whose file is missing is an error, as is any file that
    cannot be read: UnreadableRecording.
    """
    recording = open_record(path.with_name(f"{path.name}{SUFFIX}")).read()
    annotations = None if annotator is None else read_annotations(path, annotator)
    return replace(recording, annotations=annotations)


def _begun(header: Header) -> datetime | None:
    begun: datetime | None = header.record.base_datetime
    return begun


def _open_segments(reading: Reading, header: Header) -> Source:
    """The segments one after the other; what a segment lacks, and what lies between two, is a gap."""
    record = header.record
    opened = _opened(reading, header)
    _check_lengths(header, opened)
    samples = max((segment.samples for segment in opened.values()), default=1)
    chosen = _joined_leads([segment.chosen for segment in opened.values()])
    segments = [(opened.get(name), length) for name, length in zip(record.seg_name, record.seg_len, strict=True)]
    total = sum(record.seg_len) * samples
    return reading.source(
        chosen, rate_of(header, samples), total, _joined(segments, chosen.names, samples), _begun(header)
    )


def _opened(reading: Reading, header: Header) -> dict[str, Segment]:
    """The segments by name, each once."""
    opened: dict[str, Segment] = {}
    described = 0
    for name in header.record.seg_name:
        if name == NOTHING or name in opened:
            continue
        inner = read_header(header.file.with_name(f"{name}{SUFFIX}"))
        _check_segment(header, inner)
        described += len(inner.record.sig_name)
        if described > MAX_DESCRIBED:
            raise UnreadableRecording(
                f"{header.file.name} has segments that describe over {MAX_DESCRIBED:,} signals, one by one; send a "
                "shorter part"
            )
        opened[name] = (LayoutSegment if inner.record.sig_len == 0 else Segment)(reading, inner)
    return opened


def _check_segment(header: Header, inner: Header) -> None:
    if inner.has_segments:
        raise UnreadableRecording(f"{inner.file.name} has segments, but is itself a segment of {header.file.name}")
    if inner.record.sig_len != 0 and inner.record.fs != header.record.fs:
        raise UnreadableRecording(
            f"{inner.file.name} has another rate ({inner.record.fs:g}) than {header.file.name} ({header.record.fs:g})"
        )


def _check_lengths(header: Header, opened: dict[str, Segment]) -> None:
    record, name_of_all = header.record, header.file.name
    for name, length in zip(record.seg_name, record.seg_len, strict=True):
        if not 0 <= length <= MAX_SAMPLES or (name != NOTHING and opened[name].length != length):
            raise UnreadableRecording(
                f"{name_of_all} says that {name} has {length:,} samples"
                + ("" if name == NOTHING else f", its own header says {opened[name].length:,}")
            )
    total = sum(record.seg_len)
    if record.sig_len is not None and record.sig_len != total:
        raise UnreadableRecording(f"{name_of_all} says {record.sig_len:,} samples, its segments have {total:,}")


def _joined_leads(segments: Sequence[Chosen]) -> Chosen:
    """Each lead, and each signal that is none, as the first segment that has it describes it."""
    leads = {lead.name: lead for chosen in reversed(segments) for lead in reversed(chosen.leads)}
    names = tuple(dict.fromkeys(name for chosen in segments for name in chosen.names))
    left_out = dict.fromkeys(one for chosen in segments for one in chosen.left_out)
    others = dict.fromkeys(one for chosen in segments for one in chosen.others)
    return Chosen(tuple(range(len(names))), tuple(leads[name] for name in names), (), tuple(left_out), tuple(others))


def _joined(segments: Sequence[tuple[Segment | None, int]], leads: tuple[str, ...], samples: int) -> Iterator[Block]:
    """So many frames of each segment, so many samples of each; what it lacks is a gap."""
    small: dict[Segment, list[Block]] = {}
    for segment, frames in segments:
        length = frames * samples
        if segment is None:
            yield from _nothing(len(leads), length)
            continue
        if length <= SMALL and segment not in small:
            small[segment] = list(segment.blocks(samples))
        places = [leads.index(lead) for lead in segment.chosen.names]
        for block in small.get(segment) or segment.blocks(samples):
            placed = np.full((len(leads), block.shape[1]), np.nan, np.float32)
            placed[places] = block
            length -= block.shape[1]
            yield placed
        yield from _nothing(len(leads), length)


def _nothing(leads: int, length: int) -> Iterator[Block]:
    for start in range(0, length, BLOCK):
        yield np.full((leads, min(BLOCK, length - start)), np.nan, np.float32)
