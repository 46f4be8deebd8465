"""MUSE XML, as GE's MUSE exports resting ECGs (restecg.dtd): a waveform of each kind, whose leads are packed as base64.

I, II and V1 to V6 are stored; the others follow from I and II. Of what names a patient nothing is read.
"""

import re
from datetime import datetime
from pathlib import Path

from ecg.errors import UnreadableRecording
from ecg.formats.reading import Reading
from ecg.formats.strips import Strip, open_strips
from ecg.formats.xml.numbers import number, unpacked
from ecg.formats.xml.tree import Element, read_tree
from ecg.reading import ReadOptions
from ecg.source import Source

ROOT = "RestingECG"
RHYTHM = "rhythm"
SAMPLE_SIZE = 2
"""Bytes."""

UNITS = {"MICROVOLTS": "uV", "MILLIVOLTS": "mV", "VOLTS": "V", "NANOVOLTS": "nV"}


def open_muse(file: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The rhythm of a resting ECG, in the leads that are stored. Warned of are samples that are missing.

    Raises UnreadableRecording, also for one that declares entities, InvalidSignals and LargeRecording.
    """
    reading = Reading(file, "MUSE XML", options)
    root = read_tree(file)
    if root.name != ROOT:
        raise UnreadableRecording(f"{file.name} is no MUSE ECG: its first element is not {ROOT}")
    waveforms = [one for one in root.all("Waveform") if one.first("WaveformType").text.lower() == RHYTHM]
    if not waveforms:
        raise UnreadableRecording(f"{file.name} holds no rhythm; a median beat has no beats that follow each other")
    strips = [_strip(reading, one, lead) for one in waveforms[:1] for lead in one.all("LeadData")]
    return open_strips(reading, strips, _begun(root))


def _strip(reading: Reading, waveform: Element, lead: Element) -> Strip:
    name, label = reading.file.name, lead.first("LeadID").text
    if lead.first("LeadSampleSize").text not in ("", str(SAMPLE_SIZE)):
        raise UnreadableRecording(
            f"{name} has samples of {lead.first('LeadSampleSize').text} bytes, expected {SAMPLE_SIZE}"
        )
    base = number(name, waveform.first("SampleBase").text, "SampleBase", reading.options.fs)
    fs = base * 10 ** min(number(name, waveform.first("SampleExponent").text, "SampleExponent", 0), 6)
    samples = unpacked(name, lead.first("WaveFormData").text)
    said = number(name, lead.first("LeadSampleCountTotal").text, "LeadSampleCountTotal", len(samples))
    if len(samples) < said:
        reading.doubt("truncated", f"{name} is truncated: {label} has {len(samples):,} samples, it says {said:,.0f}")
    unit = lead.first("LeadAmplitudeUnits").text
    gain = number(name, lead.first("LeadAmplitudeUnitsPerBit").text, f"LeadAmplitudeUnitsPerBit of {label}", 1)
    return Strip(label, UNITS.get(unit.upper(), unit), samples, fs, gain=gain)


def _begun(root: Element) -> datetime | None:
    """American: month, day, year."""
    test = root.first("TestDemographics")
    date, time = (re.findall(r"\d+", test.first(f"Acquisition{part}").text) for part in ("Date", "Time"))
    try:
        (month, day, year), (hour, minute, second) = map(int, date), map(int, time)
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
