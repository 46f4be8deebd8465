"""WFDB, the format of PhysioNet: a header (.hea), signal files (.dat) and annotation files (.atr).

A header is checked first (`ecg.formats.wfdb_header`), then its figures are held against the files.
"""

import math
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import wfdb
from jaxtyping import Float32, Int64

from ecg.errors import UnreadableRecording
from ecg.formats.wfdb_header import MAX_LINE, NOTHING, SUFFIX, read_header
from ecg.leads import distinct_names, may_be_ecg
from ecg.messages import listed, reason
from ecg.reading import ReadOptions
from ecg.recording import Annotations, Recording
from ecg.source import BLOCK, MAX_SAMPLES, Source, check_layout
from ecg.units import millivolts

ANNOTATOR = "cde"
"""The extension of the annotation files that cardiode writes."""

UNJUDGED = "?"
"""The symbol for a beat that was found and not classified."""

MAX_DESCRIBED = 4096
"""Signals, in the headers of all segments together: each takes about a millisecond."""

SMALL = 2**10
"""Samples of a segment that is read once, however often it is named."""

MAX_SKEW = 10_000
MAX_SKEWED = 2**20
"""Values that are read beyond a block, for a signal is late by its skew: wfdb takes memory for as many frames."""

MOST_AT_ONCE = 2**24
"""Values that are read in one piece, where the format allows no other way."""

BYTES_PER_SAMPLE = {
    "8": 1.0,
    "16": 2.0,
    "24": 3.0,
    "32": 4.0,
    "61": 2.0,
    "80": 1.0,
    "160": 2.0,
    "212": 1.5,
    "310": 4 / 3,
    "311": 4 / 3,
}
"""Of each format whose samples are all as long (https://physionet.org/physiotools/wag/signal-5.htm)."""

COMPRESSED = ("508", "516", "524")
"""The formats of which nobody knows how long a sample is."""

DIFFERENCES = "8"
"""The format of which a part can only be read after all that is before it."""

Block = Float32[np.ndarray, "lead sample"]


def open_record(header: Path, options: ReadOptions = ReadOptions(), *, uncalibrated: bool = False) -> Source:
    """The recording of a header, which may have several segments; its other files lie in the same folder.

    A gain of 0 says that nobody knows how many units a mV is. It is refused, but for `uncalibrated`: then 200 a mV are
    taken, as the standard proposes. Raises UnreadableRecording, also for a header that names a file elsewhere, and
    InvalidSignals.
    """
    record = read_header(header, uncalibrated=uncalibrated)
    fs = float(record.fs)
    if not isinstance(record, wfdb.MultiRecord):
        segment = _Segment(header, record, fs)
        check_layout(fs, len(record.sig_name))
        return Source(header.stem, segment.leads, fs, segment.length, segment.blocks(), segment.left_out)
    return _open_segments(header, record, fs, uncalibrated)


def read(path: Path, annotator: str | None = "atr") -> Recording:
    """Read the recording whose files are `path` with .hea, .dat and the annotator's extension.

    `annotator` None leaves annotations out; one whose file is missing is an error, as is any file that
    cannot be read: UnreadableRecording.
    """
    recording = open_record(path.with_name(f"{path.name}{SUFFIX}"), uncalibrated=True).read()
    annotations = None if annotator is None else read_annotations(path, annotator)
    return Recording(recording.name, recording.signals, recording.leads, recording.fs, annotations, recording.left_out)


def read_annotations(path: Path, annotator: str, fs: float | None = None) -> Annotations:
    """The annotations in `path` with the annotator's extension. Raises UnreadableRecording.

    Where `fs` is given, their samples are counted at it, whatever the file counts at.
    """
    try:
        annotation = wfdb.rdann(str(path), annotator)
    except Exception as error:  # a parser of strangers' files may raise anything
        raise UnreadableRecording(
            f"cannot read the annotations {path.name}.{annotator}: {reason(error, path)}"
        ) from error
    samples = np.asarray(annotation.sample, dtype=np.int64)
    if fs is not None and annotation.fs not in (None, fs):
        samples = np.floor(samples * (fs / annotation.fs) + 0.5).astype(np.int64)
    return Annotations(samples, tuple(annotation.symbol), np.asarray(annotation.subtype, dtype=np.int64))


def annotation_bytes(samples: Int64[np.ndarray, "beat"], symbols: Sequence[str], fs: float, lead: int) -> bytes:
    """An annotation file of beats on one lead, as `wfdb.rdann` and PhysioNet's programs read it."""
    if not len(samples):
        return b"\0\0"  # the mark of the end alone
    with tempfile.TemporaryDirectory() as folder:
        channels = np.full(len(samples), lead)
        wfdb.wrann("recording", ANNOTATOR, samples, list(symbols), chan=channels, fs=fs, write_dir=folder)
        return Path(folder, f"recording.{ANNOTATOR}").read_bytes()


class _Segment:
    """One header with its signal files."""

    def __init__(self, header: Path, record: wfdb.Record, fs: float) -> None:
        self.header = header
        self.record = record
        self.fs = fs
        factors = [millivolts(unit) for unit in record.units]
        names = [name or "" for name in record.sig_name]
        pairs = list(enumerate(zip(names, factors, strict=True)))
        self.channels = [channel for channel, (name, factor) in pairs if factor and may_be_ecg(name)]
        self.leads = distinct_names([names[channel] for channel in self.channels])
        self.factors = [factors[channel] or 1.0 for channel in self.channels]
        self.left_out = tuple(
            f"{name} ({record.units[channel]})" for channel, (name, _) in pairs if channel not in self.channels
        )
        self._frame = sum(spf or 1 for spf in record.samps_per_frame)
        self.length = self._check_files()

    def blocks(self) -> Iterator[Block]:
        """The signals of the leads. Raises UnreadableRecording, at the end for a wrong checksum."""
        sums = np.zeros(len(self.channels), np.int64)
        at_once = self.record.sig_len is None or DIFFERENCES in self.record.fmt
        if at_once and self.length * self._frame > MOST_AT_ONCE:
            raise UnreadableRecording(
                f"{self.header.name} is too long for a header without a number of samples, or for format 8: "
                f"{self.length:,} samples; give their number, or another format"
            )
        block = max(2 * BLOCK // self._frame, 1)
        step = max(self.length, 1) if at_once else block
        for start in range(0, self.length, step):
            stop = min(start + step, self.length)
            if not self.channels:
                yield np.zeros((0, stop - start), np.float32)
                continue
            read = self._read(start, stop)
            digital = read.d_signal
            for first in range(0, stop - start, block):
                read.d_signal = digital[first : first + block]
                sums += read.d_signal.sum(axis=0, dtype=np.int64)
                yield self._physical(read)
        self._check_sums(sums)

    def _read(self, start: int, stop: int) -> wfdb.Record:
        path = str(self.header.with_suffix(""))
        try:
            until = None if self.record.sig_len is None else stop
            read = wfdb.rdrecord(path, start, until, self.channels, physical=False, return_res=32)
        except Exception as error:  # a parser of strangers' files may raise anything
            raise self._unreadable(error) from error
        if read.d_signal.shape != (stop - start, len(self.channels)):
            raise UnreadableRecording(
                f"{self.header.name}: got {len(read.d_signal):,} samples from {start:,} on, expected {stop - start:,}"
            )
        return read

    def _physical(self, read: wfdb.Record) -> Block:
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                physical = (read.dac(return_res=64) * self.factors).T.astype(np.float32)
        except Exception as error:  # a gain or a baseline may be any number
            raise self._unreadable(error) from error
        return np.where(np.isfinite(physical), physical, np.float32(np.nan))

    def _unreadable(self, error: Exception) -> UnreadableRecording:
        return UnreadableRecording(f"cannot read the signals of {self.header.name}: {reason(error, self.header)}")

    def _check_sums(self, sums: Int64[np.ndarray, "lead"]) -> None:
        if any(self.record.skew[c] for c in self.channels) or any(s != 1 for s in self.record.samps_per_frame):
            return  # what was read is not sample by sample what the sum was made of
        for channel, total in zip(self.channels, sums.tolist(), strict=True):
            expected = self.record.checksum[channel]
            if expected is not None and (total - expected) % 2**16:
                raise UnreadableRecording(
                    f"{self.record.file_name[channel]}: the checksum of {self.record.sig_name[channel]} is "
                    f"{total % 2**16}, its header says {expected % 2**16}; the file was damaged, or is another one"
                )

    def _check_files(self) -> int:
        """The samples of each signal, once the files are known to hold them."""
        record, length = self.record, self.record.sig_len
        frames = [spf or 1 for spf in record.samps_per_frame]
        if not all(1 <= spf <= MAX_LINE for spf in frames):
            raise UnreadableRecording(
                f"{self.header.name} gives {listed(frames)} samples a frame, expected 1 to {MAX_LINE:,}"
            )
        if not all(0 <= (skew or 0) <= MAX_SKEW for skew in record.skew):
            raise UnreadableRecording(
                f"{self.header.name} gives the skews {listed(record.skew)}, expected up to {MAX_SKEW:,}"
            )
        if max(skew or 0 for skew in record.skew) * self._frame > MAX_SKEWED:
            raise UnreadableRecording(
                f"{self.header.name} gives the skews {listed(record.skew)}, and {self._frame:,} samples a frame, "
                f"expected a product of at most {MAX_SKEWED:,}; write the signals without a skew"
            )
        if length is not None and not 0 <= length <= MAX_SAMPLES:
            raise UnreadableRecording(f"{self.header.name} gives {length} samples, which no recording has")
        for name in dict.fromkeys(record.file_name):
            within = [channel for channel, file in enumerate(record.file_name) if file == name]
            length = self._check_file(name, within, sum(frames[channel] for channel in within), length)
        return int(length or 0)

    def _check_file(self, name: str, channels: Sequence[int], frame: int, length: int | None) -> int | None:
        record = self.record
        formats = {record.fmt[channel] for channel in channels}
        fmt = record.fmt[channels[0]]
        if len(formats) > 1 or fmt not in (*BYTES_PER_SAMPLE, *COMPRESSED):
            raise UnreadableRecording(
                f"{self.header.name} gives {name} the format {' and '.join(sorted(formats))}, expected one of: "
                f"{', '.join((*BYTES_PER_SAMPLE, *COMPRESSED))}"
            )
        if fmt in COMPRESSED:
            if length is None:
                raise UnreadableRecording(f"{self.header.name} gives no number of samples, which {name} needs")
            return length
        offset = record.byte_offset[channels[0]] or 0
        there = self.header.with_name(name).stat().st_size - offset
        if length is None:
            return max(int(there / (BYTES_PER_SAMPLE[fmt] * frame)), 0)
        needed = math.floor(BYTES_PER_SAMPLE[fmt] * frame * length)
        if offset < 0 or there < needed:
            raise UnreadableRecording(
                f"{name} is truncated, or its header lies: got {max(there, 0):,} bytes, expected {needed:,} for "
                f"{length:,} samples of {len(channels)} signals"
            )
        return length


def _open_segments(header: Path, record: wfdb.MultiRecord, fs: float, uncalibrated: bool) -> Source:
    """The segments one after the other; what a segment lacks, and what lies between two, is a gap."""
    opened: dict[str, _Segment] = {}
    described = 0
    for name in record.seg_name:
        if name != NOTHING and name not in opened:
            part = header.with_name(f"{name}{SUFFIX}")
            inner = read_header(part, uncalibrated=uncalibrated)
            if isinstance(inner, wfdb.MultiRecord):
                raise UnreadableRecording(f"{part.name} has segments, but is itself a segment of {header.name}")
            if inner.sig_len != 0 and inner.fs != fs:
                raise UnreadableRecording(f"{part.name} has another rate ({inner.fs}) than {header.name} ({fs:g})")
            described += len(inner.sig_name)
            if described > MAX_DESCRIBED:
                raise UnreadableRecording(
                    f"{header.name} has segments that describe over {MAX_DESCRIBED:,} signals, one by one; send a "
                    "shorter part"
                )
            opened[name] = _LayoutSegment(part, inner, fs) if inner.sig_len == 0 else _Segment(part, inner, fs)
    leads = tuple(dict.fromkeys(lead for segment in opened.values() for lead in segment.leads))
    check_layout(fs, len(leads))
    for name, length in zip(record.seg_name, record.seg_len, strict=True):
        if not 0 <= length <= MAX_SAMPLES or (name != NOTHING and opened[name].length != length):
            raise UnreadableRecording(
                f"{header.name} says that {name} has {length:,} samples"
                + ("" if name == NOTHING else f", its own header says {opened[name].length:,}")
            )
    total = sum(record.seg_len)
    if record.sig_len is not None and record.sig_len != total:
        raise UnreadableRecording(f"{header.name} says {record.sig_len:,} samples, its segments have {total:,}")
    segments = [(opened.get(name), length) for name, length in zip(record.seg_name, record.seg_len, strict=True)]
    left_out = tuple(dict.fromkeys(signal for segment in opened.values() for signal in segment.left_out))
    return Source(header.stem, leads, fs, total, _joined(segments, leads), left_out)


class _LayoutSegment(_Segment):
    """The first segment of a recording of changing layout: it has no samples, and says what leads there are."""

    def _check_files(self) -> int:
        return 0


def _joined(segments: Sequence[tuple[_Segment | None, int]], leads: tuple[str, ...]) -> Iterator[Block]:
    small: dict[_Segment, list[Block]] = {}
    for segment, length in segments:
        if segment is None:
            for start in range(0, length, BLOCK):
                yield np.full((len(leads), min(BLOCK, length - start)), np.nan, np.float32)
            continue
        if length <= SMALL and segment not in small:
            small[segment] = list(segment.blocks())
        places = [leads.index(lead) for lead in segment.leads]
        for block in small.get(segment) or segment.blocks():
            placed = np.full((len(leads), block.shape[1]), np.nan, np.float32)
            placed[places] = block
            yield placed
