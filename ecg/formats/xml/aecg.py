"""HL7 aECG, the annotated ECG that the FDA takes (ANSI/HL7 V3 ECG R1-2004): rhythms as lists of numbers in XML.

A sequence set holds a list of times and one of each lead, whose values are origin + scale * digit. Representative
beats are derived, and none of them.
"""

from datetime import datetime
from pathlib import Path

from ecg.errors import UnreadableRecording
from ecg.formats.moment import alike, moment
from ecg.formats.reading import Reading
from ecg.formats.strips import FASTEST, Strip, open_strips
from ecg.formats.xml.numbers import number, numbers
from ecg.formats.xml.tree import Element, read_tree
from ecg.reading import ReadOptions
from ecg.source import Source

ROOT = "AnnotatedECG"
RHYTHM = "RHYTHM"
LEAD = "MDC_ECG_LEAD_"
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}


def open_aecg(file: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The rhythms of an annotated ECG; what lies between two is a gap.

    Raises UnreadableRecording, also for one that declares entities, InvalidSignals and LargeRecording.
    """
    reading = Reading(file, "HL7 aECG", options)
    root = read_tree(file)
    if root.name != ROOT:
        raise UnreadableRecording(f"{file.name} is no annotated ECG: its first element is not {ROOT}")
    series = [one for one in root.all("component", "series") if _code(one) == RHYTHM]
    sets = [inner for one in series for inner in one.all("component", "sequenceSet")]
    if not sets:
        raise UnreadableRecording(f"{file.name} holds no rhythm; a mean beat has no beats that follow each other")
    starts = alike([_start(one) for one in sets])
    begun = min((start for start in starts if start is not None), default=None)
    strips = [
        strip
        for one, start in zip(sets, starts, strict=True)
        for strip in _strips(file.name, one, (start - begun).total_seconds() if start and begun else 0.0, options.fs)
    ]
    return open_strips(reading, strips, begun)


def _code(element: Element) -> str:
    return element.first("code").attributes.get("code", "")


def _times(one: Element) -> Element:
    """The list of times of a sequence set."""
    sequences = one.all("component", "sequence")
    return next((sequence for sequence in sequences if _code(sequence).startswith("TIME_")), Element("sequence"))


def _start(one: Element) -> datetime | None:
    """When a set begins, where it says so."""
    times = _times(one)
    return moment(times.value("value", "head")) if _code(times) == "TIME_ABSOLUTE" else None


def _strips(name: str, one: Element, begins: float, rate: float | None) -> list[Strip]:
    increment = _times(one).first("value", "increment")
    unit = increment.attributes.get("unit", "s")
    step = number(name, increment.attributes.get("value", ""), "time between samples", 1 / rate if rate else None)
    if unit not in SECONDS or not step * SECONDS[unit] > 1 / FASTEST:
        raise UnreadableRecording(f"{name}: got a sample each {step:g} {unit}, expected one of: {', '.join(SECONDS)}")
    fs = _whole(1 / (step * SECONDS[unit]))
    return [
        _strip(name, sequence, fs, begins)
        for sequence in one.all("component", "sequence")
        if not _code(sequence).startswith("TIME_")
    ]


def _whole(fs: float) -> float:
    """A rate whose step was rounded when it was written: 0.00333 s is 300 a second."""
    return float(round(fs)) if abs(fs - round(fs)) < 2e-3 * fs else fs


def _strip(name: str, sequence: Element, fs: float, begins: float) -> Strip:
    value = sequence.first("value")
    scale, origin = value.first("scale"), value.first("origin")
    lead = _code(sequence).removeprefix(LEAD)
    unit = scale.attributes.get("unit", "")
    gain = number(name, scale.attributes.get("value", ""), f"scale of {lead}", 1.0)
    baseline = number(name, origin.attributes.get("value", ""), f"origin of {lead}", 0.0)
    digits = numbers(name, value.first("digits").text)
    return Strip(_cased(lead), unit, digits, fs, begins, gain, baseline)


def _cased(lead: str) -> str:
    """AVR is aVR."""
    return f"a{lead[1:]}" if lead in ("AVR", "AVL", "AVF") else lead
