"""A segment: one WFDB header with its signal files, whose figures are held against the files before they are read."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import wfdb
from jaxtyping import Float64, Int, Int64

from ecg.errors import UnreadableRecording
from ecg.formats.rates import Block, at_one_rate, fits
from ecg.formats.reading import Reading
from ecg.formats.signals import Chosen, Signal
from ecg.formats.wfdb.files import SignalFiles
from ecg.formats.wfdb.header import DEFAULT_UNIT, Header
from ecg.messages import listed, reason
from ecg.source import BLOCK

MOST_AT_ONCE = 2**24
"""Values that are read in one piece, where the format allows no other way."""

DIFFERENCES = "8"
"""The format of which a part can only be read after all that is before it."""

NOT_A_SAMPLE = {
    "8": -(2**31),
    "16": -(2**15),
    "24": -(2**23),
    "32": -(2**31),
    "61": -(2**15),
    "80": -(2**7),
    "160": -(2**15),
    "212": -(2**11),
    "310": -(2**9),
    "311": -(2**9),
    "508": -(2**7),
    "516": -(2**15),
    "524": -(2**23),
}
"""The number that stands for a gap, in each format (WFDB_INVALID_SAMPLE); format 8 has none."""

ROUNDED = 1e-4
"""Of a rate."""

GUESSED_BY = 30.0
"""Seconds of a signal by which its unit is guessed."""

Signals = list[Float64[np.ndarray, "sample"]]
Digital = list[Int[np.ndarray, "sample"]]


def rate_of(header: Header, samples: int) -> float:
    """That of so many samples a frame; the frames' own may have been rounded when it was written."""
    fs = float(header.record.fs) * samples
    return float(round(fs)) if samples > 1 and abs(fs - round(fs)) < ROUNDED * fs else fs


class Segment:
    """Its leads are `chosen`; `length` frames are claimed, and `there` are; each has `samples` of the fastest lead.

    A frame holds so many samples of each signal, at the rate that the header gives (header(5)). Raises
    UnreadableRecording for figures that the files do not bear out.
    """

    def __init__(self, reading: Reading, header: Header) -> None:
        self.reading, self.header, self.record = reading, header, header.record
        files = SignalFiles(reading, header)
        self._frames, self._frame, self._skews = files.frames, files.frame, files.skews
        self._at_once = self.record.sig_len is None or DIFFERENCES in self.record.fmt
        self.length, self._ends = self._extent(files)
        self.chosen = self._chosen()
        self._channels = list(self.chosen.places)
        self._frames_of_leads = [self._frames[channel] for channel in self._channels]
        self.samples = max(self._frames_of_leads, default=1)
        self._step = max(2 * BLOCK // max(self._frame, self.samples * len(self._channels)), 1)
        furthest = min if self._at_once else max
        self.there = furthest((self._ends[c] + self._skews[c] for c in self._channels), default=self.length)
        self._warn_of_gains()

    def check_not_empty(self) -> None:
        """Raises UnreadableRecording where nothing is left of what the header claims."""
        if self.length and not self.there:
            raise UnreadableRecording(f"the files of {self.header.file.name} hold no sample; send them anew")

    def blocks(self, samples: int | None = None) -> Iterator[Block]:
        """The signals of the leads, so many samples a frame.

        What cannot be read ends them, with a warning, as does a wrong checksum. Raises UnreadableRecording.
        """
        samples = samples or self.samples
        if not self._channels:
            lengths = np.diff([*range(0, self.length * samples, BLOCK), self.length * samples]).tolist()
            return (np.zeros((0, length), np.float32) for length in lengths)
        return at_one_rate(self._pieces(), [Fraction(samples, frame) for frame in self._frames_of_leads])

    def _chosen(self) -> Chosen:
        """The leads, but for those whose rate does not go into the highest."""
        signals = self._signals()
        chosen = self.reading.choose(signals, self._values)
        fastest = max((self._frames[place] for place in chosen.places), default=1)
        for place in chosen.places:
            if not fits(Fraction(fastest, self._frames[place])):
                wrong = f"its rate does not go into that of others: {self._frames[place]:,} samples for {fastest:,}"
                signals[place] = replace(signals[place], wrong=wrong)
        return self.reading.choose(signals, self._values)

    def _signals(self) -> list[Signal]:
        return [
            Signal(name or "", unit, None if unit else DEFAULT_UNIT)
            for name, unit in zip(self.record.sig_name, self.header.units, strict=True)
        ]

    def _warn_of_gains(self) -> None:
        unknown = [self.chosen.names[n] for n, place in enumerate(self._channels) if self.header.uncalibrated[place]]
        if unknown:
            self.reading.doubt(
                "uncalibrated",
                f"{self.header.file.name} gives no gain of {listed(unknown)}, or one of 0: read as 200 units a mV, as "
                "the standard assumes; not calibrated",
            )

    def _pieces(self) -> Iterator[Signals]:
        """The next samples of each lead, in mV, each at its own rate."""
        sums = np.zeros(len(self._channels), np.int64)
        for start, stop in self._bounds():
            digital, there = self._as_far_as_it_goes(start, stop)
            for first in range(0, there - start, self._step):
                yield [
                    self._physical(n, signal[first * frame : (first + self._step) * frame])
                    for n, (signal, frame) in enumerate(zip(digital, self._frames_of_leads, strict=True))
                ]
            sums += [signal.sum(dtype=np.int64) for signal in digital]
            if there < stop:
                return
        self._check_sums(sums)

    def _bounds(self) -> list[tuple[int, int]]:
        """The parts that are read at once, in frames: none goes beyond the end of a file."""
        if self._at_once and self.length * self._frame > MOST_AT_ONCE:
            raise UnreadableRecording(
                f"{self.header.file.name} is too long for a header without a number of samples, or for format 8: "
                f"{self.length:,} samples; give their number, or another format"
            )
        ends = {end for channel in self._channels if (end := self._ends[channel]) < self.there}
        steps = range(0, self.there, max(self.there, 1) if self._at_once else self._step)
        return list(pairwise(sorted({*steps, *ends, self.there})))

    def _as_far_as_it_goes(self, start: int, stop: int) -> tuple[Digital, int]:
        """The frames of a part, and where those that can be read end."""
        try:
            return self._digital(start, stop), stop
        except UnreadableRecording as error:
            readable = start if self._at_once else self._last_readable(start, stop)
            if not readable:
                raise
            self.reading.doubt("truncated", f"{error}; read up to sample {readable * self.samples:,}")
            return self._digital(start, readable), readable

    def _last_readable(self, start: int, stop: int) -> int:
        """By halves: a compressed file says nowhere how far it goes."""
        while stop - start > 1:
            middle = (start + stop) // 2
            try:
                self._digital(start, middle)
                start = middle
            except UnreadableRecording:
                stop = middle
        return start

    def _digital(self, start: int, stop: int) -> Digital:
        """The numbers of each lead. A signal that is late by its skew is read from there on."""
        digital: dict[int, Int[np.ndarray, sample]] = {}
        for skew in dict.fromkeys(self._skews[channel] for channel in self._channels):
            there = [c for c in self._channels if self._skews[c] == skew and self._ends[c] >= stop]
            digital |= zip(there, self._read(start, stop, skew, there), strict=True)
        return [digital.get(channel, self._missing(channel, stop - start)) for channel in self._channels]

    def _missing(self, channel: int, frames: int) -> Int[np.ndarray, "sample"]:
        return np.full(frames * self._frames[channel], NOT_A_SAMPLE[self.record.fmt[channel]])

    def _read(self, start: int, stop: int, skew: int, channels: list[int]) -> Digital:
        if not channels:
            return []
        first = 0 if self._at_once else start + skew
        last = None if self.record.sig_len is None else stop + skew
        frames = [self._frames[channel] for channel in channels]
        single = set(frames) == {1}  # wfdb cannot give the samples of a frame one by one in format 61
        path = str(self.header.file.with_suffix(""))
        try:
            read = wfdb.rdrecord(
                path, first, last, channels, physical=False, return_res=32, smooth_frames=single, ignore_skew=True
            )
        except Exception as error:  # a parser of strangers' files may raise anything
            raise UnreadableRecording(
                f"cannot read the signals of {self.header.file.name}: {reason(error, self.header.file)}"
            ) from error
        begun, wanted = start + skew - first, stop - start
        signals = zip(read.d_signal.T if single else read.e_d_signal, frames, strict=True)
        digital = [signal[begun * frame : (begun + wanted) * frame] for signal, frame in signals]
        if [len(signal) for signal in digital] != [wanted * frame for frame in frames]:
            raise UnreadableRecording(
                f"{self.header.file.name}: got {len(digital[0]):,} samples from {start:,} on, expected {wanted:,}"
            )
        return digital

    def _physical(self, lead: int, digital: Int[np.ndarray, "sample"]) -> Float64[np.ndarray, "sample"]:
        channel, factor = self._channels[lead], self.chosen.factors[lead]
        gain, baseline = float(self.record.adc_gain[channel]), float(self.record.baseline[channel])
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            physical = (digital - baseline) / gain * factor
            too_large = ~np.isfinite(physical.astype(np.float32))
        return np.where(too_large | (digital == NOT_A_SAMPLE[self.record.fmt[channel]]), np.nan, physical)

    def _values(self, channel: int) -> tuple[Float64[np.ndarray, "sample"], float]:
        """Those of the beginning, by which the unit of a signal is guessed."""
        fs = float(self.record.fs)
        frames = min(self._ends[channel], max(BLOCK // self._frame, 1), round(GUESSED_BY * fs))
        if not frames or self._at_once:
            return np.zeros(0), 0.0
        digital = self._read(0, frames, self._skews[channel], [channel])[0]
        return digital / float(self.record.adc_gain[channel]), frames / fs

    def _check_sums(self, sums: Int64[np.ndarray, "lead"]) -> None:
        """A sum of 0 is that of a program that computes none; of a part, there is none."""
        for name, channel, total in zip(self.chosen.names, self._channels, sums.tolist(), strict=True):
            expected = self.record.checksum[channel]
            if expected is None or not expected % 2**16 or self._skews[channel] or self._ends[channel] < self.length:
                continue
            if (total - expected) % 2**16:
                self.reading.doubt(
                    "checksum",
                    f"{self.record.file_name[channel]}: the checksum of {name} is {total % 2**16}, its header says "
                    f"{expected % 2**16}; the file was damaged, or is another one",
                )

    def _extent(self, files: SignalFiles) -> tuple[int, list[int]]:
        return files.extent()


class LayoutSegment(Segment):
    """The first segment of a recording of changing layout: it has no samples, and says what leads there are."""

    def _extent(self, files: SignalFiles) -> tuple[int, list[int]]:
        return 0, [0] * len(files.frames)
