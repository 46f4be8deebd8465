"""Strips: stretches of one lead each, of any rate, which a file holds beside or after each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

import numpy as np
from jaxtyping import Float64, Shaped

from ecg.errors import UnreadableRecording
from ecg.formats.rates import Block, at_one_rate, fits
from ecg.formats.reading import Reading
from ecg.formats.signals import Signal
from ecg.messages import shortened
from ecg.source import BLOCK, Source

LONGEST_GAP = 24 * 3600.0
"""Seconds between the beginnings of two strips; more is a lie, not a gap."""

MAX_STRIPS = 4096

FASTEST = 1e6
"""Samples a second that a strip may have."""

AT_ONCE = 4 * BLOCK
"""Values of all leads."""

MICRO = 10**6
"""The denominator of a rate."""

Samples = Shaped[np.ndarray, "sample"]


@dataclass(frozen=True)
class Strip:
    """Samples that are (number gain + baseline) in the unit, from so many seconds on; `padding` is one that is none.

    Its unit is empty where the file states none.
    """

    name: str
    unit: str
    samples: Samples
    fs: float
    begins: float = 0.0
    gain: float = 1.0
    baseline: float = 0.0
    padding: int | None = None

    @property
    def first(self) -> int:
        """Where it begins, in samples."""
        return round(self.begins * self.fs)

    @property
    def end(self) -> int:
        """The sample after its last."""
        return self.first + len(self.samples)

    def values(self, which: slice) -> Float64[np.ndarray, "part"]:
        """In its unit; NaN is a gap."""
        numbers = self.samples[which].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            values: Float64[np.ndarray, part] = numbers * self.gain + self.baseline
        return values if self.padding is None else np.where(numbers == self.padding, np.nan, values)


@dataclass(frozen=True)
class _Lead:
    """Strips of one lead that follow each other."""

    strips: list[Strip]

    @property
    def fs(self) -> float:
        """Of each of them."""
        return self.strips[0].fs

    def part(self, begin: int, end: int) -> Float64[np.ndarray, "sample"]:
        """From one sample to another; what was not recorded is missing."""
        part = np.full(end - begin, np.nan)
        for strip in self.strips:
            first, last = max(begin, strip.first), min(end, strip.end)
            if first < last:
                part[first - begin : last - begin] = strip.values(slice(first - strip.first, last - strip.first))
        return part


def open_strips(reading: Reading, strips: Sequence[Strip], begun: datetime | None = None) -> Source:
    """The recording that strips make up, at the highest of their rates; where a lead has none, there is a gap.

    Raises UnreadableRecording for too many of them, or too large gaps, and InvalidSignals.
    """
    strips = [strip for strip in strips if len(strip.samples)]
    if not 0 < len(strips) <= MAX_STRIPS:
        raise UnreadableRecording(
            f"{reading.file.name} holds {len(strips) or 'no'} stretches of signals, expected 1 to {MAX_STRIPS:,}"
        )
    for strip in strips:
        if not 0 < strip.fs <= FASTEST:
            raise UnreadableRecording(
                f"{reading.file.name}: {shortened(strip.name)} has {strip.fs:g} samples a second, as no recording has"
            )
    all_leads = _leads(_from_the_first(reading, strips))
    fastest = max(lead.fs for lead in all_leads)

    def values(place: int) -> tuple[Float64[np.ndarray, "sample"], float]:
        strip = all_leads[place].strips[0]
        return strip.values(slice(BLOCK)), min(len(strip.samples), BLOCK) / strip.fs

    chosen = reading.choose([_signal(lead, fastest) for lead in all_leads], values)
    leads = [all_leads[place] for place in chosen.places]
    fs = max((lead.fs for lead in leads), default=fastest)
    seconds = max((strip.end / strip.fs for lead in leads for strip in lead.strips), default=0.0)
    blocks = _blocks(leads, chosen.factors, fs, seconds)
    return reading.source(chosen, fs, round(seconds * fs), blocks, begun)


def _from_the_first(reading: Reading, strips: list[Strip]) -> list[Strip]:
    """In order of time, which the first of them begins."""
    strips = sorted(strips, key=lambda strip: strip.begins)
    first, last = strips[0].begins, strips[-1].begins
    if not last - first <= LONGEST_GAP:
        raise UnreadableRecording(f"{reading.file.name} holds signals that begin {last - first:,.0f} s after others")
    return [replace(strip, begins=strip.begins - first) for strip in strips]


def _leads(strips: list[Strip]) -> list[_Lead]:
    """A strip that begins when another one of its name has ended goes on with it; one that does not is another lead."""
    leads: list[_Lead] = []
    latest: dict[tuple[str, str, float], _Lead] = {}
    for strip in strips:
        kind = (strip.name, strip.unit, strip.fs)
        before = latest.get(kind)
        if before is not None and strip.first >= before.strips[-1].end:
            before.strips.append(strip)
        else:
            latest[kind] = _Lead([strip])
            leads.append(latest[kind])
    return leads


def _signal(lead: _Lead, fastest: float) -> Signal:
    strip = lead.strips[0]
    wrong = None
    if not all(np.isfinite([one.gain, one.baseline]).all() and one.gain for one in lead.strips):
        wrong = f"its gain, {strip.gain:g} {strip.unit}, is none"
    elif not fits(_ratio(fastest, strip.fs)):
        wrong = f"its rate, {strip.fs:g}, does not go into {fastest:g}"
    return Signal(strip.name, strip.unit, wrong=wrong)


def _ratio(fs: float, slower: float) -> Fraction:
    return Fraction(fs).limit_denominator(MICRO) / Fraction(slower).limit_denominator(MICRO)


def _blocks(leads: list[_Lead], factors: tuple[float, ...], fs: float, seconds: float) -> Iterator[Block]:
    yield from at_one_rate(_pieces(leads, factors, seconds), [_ratio(fs, lead.fs) for lead in leads])


def _pieces(
    leads: list[_Lead], factors: tuple[float, ...], seconds: float
) -> Iterator[list[Float64[np.ndarray, "sample"]]]:
    """The next samples of each lead, in mV, over the same time."""
    lengths = [round(seconds * lead.fs) for lead in leads]
    parts = -(-max(lengths) * len(leads) // AT_ONCE)
    for part in range(parts):
        yield [
            _finite(lead.part(length * part // parts, length * (part + 1) // parts) * factor)
            for lead, length, factor in zip(leads, lengths, factors, strict=True)
        ]


def _finite(values: Float64[np.ndarray, "sample"]) -> Float64[np.ndarray, "sample"]:
    with np.errstate(over="ignore"):
        return np.where(np.isfinite(values.astype(np.float32)), values, np.nan)
