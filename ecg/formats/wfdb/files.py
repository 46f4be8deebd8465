"""The signal files of a WFDB header, whose figures are held against what the files have before they are read."""

import math
from collections.abc import Sequence
from fractions import Fraction

from ecg.errors import UnreadableRecording
from ecg.formats.reading import Reading
from ecg.formats.wfdb.header import Header
from ecg.messages import listed
from ecg.source import MAX_SAMPLES

MAX_SKEW = 10_000

MAX_FRAME = 2**20
"""Samples of all signals in a frame: at once there is one, at least."""

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


class SignalFiles:
    """Those of one header: each signal has so many `frames` of samples in a `frame` of all, and is late by its skew."""

    def __init__(self, reading: Reading, header: Header) -> None:
        self.reading, self.header, self.record = reading, header, header.record
        self.frames = [samples or 1 for samples in self.record.samps_per_frame]
        self.frame = sum(self.frames)
        self.skews = [skew or 0 for skew in self.record.skew]

    def extent(self) -> tuple[int, list[int]]:
        """The frames that are claimed, and how many of each signal there are, from its skew on.

        Raises UnreadableRecording for figures that the files do not bear out.
        """
        record, length, name = self.record, self.record.sig_len, self.header.file.name
        if min(self.frames) < 1 or self.frame > MAX_FRAME:
            raise UnreadableRecording(
                f"{name} gives {listed(self.frames)} samples a frame, expected 1 or more, {MAX_FRAME:,} in all"
            )
        if not all(0 <= skew <= MAX_SKEW for skew in self.skews):
            raise UnreadableRecording(f"{name} gives the skews {listed(self.skews)}, expected up to {MAX_SKEW:,}")
        if length is not None and not 0 <= length <= MAX_SAMPLES:
            raise UnreadableRecording(f"{name} gives {length} samples, which no recording has")
        ends = {file: self._check_file(file, self._within(file), length) for file in dict.fromkeys(record.file_name)}
        if length is None:
            length = next(iter(ends.values()), 0)  # that of the first file, as wfdb takes it
        return length, [
            max(min(ends[file], length) - skew, 0) for file, skew in zip(record.file_name, self.skews, strict=True)
        ]

    def _within(self, file: str) -> list[int]:
        return [channel for channel, other in enumerate(self.record.file_name) if other == file]

    def _check_file(self, file: str, channels: Sequence[int], length: int | None) -> int:
        """How many frames a file holds; `length` are claimed."""
        formats = {self.record.fmt[channel] for channel in channels}
        fmt = self.record.fmt[channels[0]]
        if len(formats) > 1 or fmt not in (*BYTES_PER_SAMPLE, *COMPRESSED):
            raise UnreadableRecording(
                f"{self.header.file.name} gives {file} the format {' and '.join(sorted(formats))}, expected one of: "
                f"{', '.join((*BYTES_PER_SAMPLE, *COMPRESSED))}"
            )
        if fmt not in COMPRESSED:
            return self._frames_in(file, channels, length)
        if length is None:
            raise UnreadableRecording(f"{self.header.file.name} gives no number of samples, which {file} needs")
        return length

    def _frames_in(self, file: str, channels: Sequence[int], length: int | None) -> int:
        offset = self.record.byte_offset[channels[0]] or 0
        there = max(self.header.file.with_name(file).stat().st_size - offset, 0)
        frame = sum(self.frames[channel] for channel in channels)
        size = Fraction(BYTES_PER_SAMPLE[self.record.fmt[channels[0]]]).limit_denominator(3) * frame
        if length is None:
            return int(there / size)
        needed = math.floor(size * length)
        if there >= needed:
            return length
        self.reading.doubt(
            "truncated",
            f"{file} is truncated, or its header lies: got {there:,} bytes, expected {needed:,} for {length:,} samples "
            f"of {len(channels)} signals",
        )
        return int(there / size)
