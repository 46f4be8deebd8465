"""Philips' XML (Sierra ECG, versions 1.03 and 1.04), as PageWriter and TraceMaster export resting ECGs.

The leads follow each other as numbers of 16 bits in base64, perhaps packed (`ecg.formats.xml.xli`): III, aVR, aVL and
aVF are then what is left of them beside what I and II make of them. Of what names a patient nothing is read.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from ecg.errors import UnreadableRecording
from ecg.formats.reading import Reading
from ecg.formats.strips import FASTEST, Strip, open_strips
from ecg.formats.xml.numbers import decoded, number
from ecg.formats.xml.tree import Element, read_tree
from ecg.formats.xml.xli import unpack_leads
from ecg.reading import ReadOptions
from ecg.source import MAX_LEADS, Source

ROOT = "restingecgdata"
LIMBS = ("I", "II", "III", "aVR", "aVL", "aVF")
STANDARD = (*LIMBS, "V1", "V2", "V3", "V4", "V5", "V6")
MAX_SECONDS = 3600
PACKED, PLAIN = "XLI", "Uncompressed"

Leads = list[Int64[np.ndarray, "_"]]


def open_philips(file: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The rhythm of a resting ECG. Warned of are samples that are missing.

    Raises UnreadableRecording, also for one that declares entities, InvalidSignals and LargeRecording.
    """
    reading = Reading(file, "Philips XML", options)
    root = read_tree(file)
    if root.name != ROOT:
        raise UnreadableRecording(f"{file.name} is no ECG of Philips: its first element is not {ROOT}")
    waveforms = next(iter([*root.all("waveforms", "parsedwaveforms"), *root.all("parsedwaveforms")]), None)
    if waveforms is None:
        raise UnreadableRecording(f"{file.name} holds no rhythm (parsedwaveforms)")
    details = root.first("dataacquisition", "signalcharacteristics")
    return open_strips(reading, _strips(reading, waveforms, details), _begun(root.first("dataacquisition")))


def _strips(reading: Reading, waveforms: Element, details: Element) -> list[Strip]:
    name, stated = reading.file.name, waveforms.attributes
    fs = number(name, stated.get("samplespersecond") or details.first("samplingrate").text, "rate", reading.options.fs)
    seconds = number(name, stated.get("durationperchannel", ""), "duration") / 1000
    if not 0 < seconds <= MAX_SECONDS or not 0 < fs <= FASTEST:
        raise UnreadableRecording(
            f"{name} says {seconds:g} s of {fs:g} samples a second, expected up to {MAX_SECONDS} s"
        )
    names, length = _names(name, waveforms, details), round(seconds * fs)
    leads = _leads(reading, waveforms, names, length)
    resolution = stated.get("resolution") or details.first("resolution").text or details.first("signalresolution").text
    gain = number(name, resolution, "resolution", 1.0)
    offset = number(name, stated.get("signaloffset") or details.first("signaloffset").text, "offset", 0.0)
    unit = "uV" if resolution else ""
    return [
        Strip(lead, unit, samples, fs, gain=gain, baseline=-offset * gain)
        for lead, samples in zip(names, leads, strict=False)
    ]


def _names(name: str, waveforms: Element, details: Element) -> list[str]:
    labels = waveforms.attributes.get("leadlabels", "").split()
    count = int(number(name, details.first("numberchannelsallocated").text, "number of channels", len(labels)))
    if not 0 < count <= MAX_LEADS:
        raise UnreadableRecording(f"{name} says {count} leads, expected 1 to {MAX_LEADS}")
    return labels or [STANDARD[n] if n < len(STANDARD) else f"lead {n + 1}" for n in range(count)]


def _leads(reading: Reading, waveforms: Element, names: Sequence[str], length: int) -> Leads:
    """The samples of each lead, as far as they are there."""
    name, stated = reading.file.name, waveforms.attributes
    packing = stated.get("compressmethod") or stated.get("compression") or PLAIN
    encoding = stated.get("dataencoding")
    if encoding != "Base64" or packing not in (PACKED, PLAIN):
        raise UnreadableRecording(
            f"{name} holds samples as {encoding}, packed by {packing}, expected Base64, and {PACKED} or {PLAIN}"
        )
    content = decoded(name, waveforms.text)
    if packing == PACKED:
        leads = [samples[:length] for samples in unpack_leads(name, content, length)]
        leads = _whole_limbs(leads) if tuple(names[: len(LIMBS)]) == LIMBS and len(leads) >= len(LIMBS) else leads
    else:
        every = np.frombuffer(content, "<i2", len(content) // 2).astype(np.int64)
        leads = [every[length * n : length * (n + 1)] for n in range(len(names))]
    if len(leads) < len(names) or min(map(len, leads)) < length:
        reading.doubt("truncated", f"{name} is truncated: not all of its {len(names)} leads have {length:,} samples")
    return leads


def _whole_limbs(leads: Leads) -> Leads:
    """With the limb leads that were stored as what is left beside what I and II make of them."""
    length = min(map(len, leads[: len(LIMBS)]))
    one, two, *rests = (lead[:length] for lead in leads[: len(LIMBS)])
    three = two - one - rests[0]
    right, left, foot = -((one + two) // 2), (one - three) // 2, (two + three) // 2
    return [one, two, three, right - rests[1], left - rests[2], foot - rests[3], *leads[len(LIMBS) :]]


def _begun(acquisition: Element) -> datetime | None:
    """Year, month, day."""
    date, time = (re.findall(r"\d+", acquisition.attributes.get(part, "")) for part in ("date", "time"))
    try:
        (year, month, day), (hour, minute, second) = map(int, date), map(int, time[:3])
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
