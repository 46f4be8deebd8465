"""DICOM waveforms: the ECG objects of PS3.3 A.34 (12-lead, general, ambulatory), read by pydicom.

A file may hold several groups of channels, each of one rate and from a time of its own on (C.10.9). A mean beat is
derived, and none of them. Of all else no more is read than the date.
"""

import logging
import re
import warnings
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ecg.errors import LargeRecording, MissingReader, UnreadableRecording
from ecg.formats.format import first_bytes
from ecg.formats.moment import moment
from ecg.formats.reading import Reading
from ecg.formats.scp.names import LEAD_NAMES
from ecg.formats.strips import Samples, Strip, open_strips
from ecg.reading import ReadOptions
from ecg.source import MAX_LEADS, Source

MAGIC, MAGIC_AT = b"DICM", 128
MAX_SIZE = 2**30
"""Bytes of a file: pydicom takes all of it into memory."""

SYNTAX = "TransferSyntaxUID"
DEFLATED = "1.2.840.10008.1.2.1.99"
"""The transfer syntax of a file that pydicom would unpack whole, whatever it becomes."""

WANTED = ["WaveformSequence", "AcquisitionDateTime", "ContentDate", "ContentTime", "SpecificCharacterSet"]
"""All that is read; what names a patient is not."""

NUMBERS = {
    (8, "SB"): "i1", (8, "UB"): "u1", (16, "SS"): "i2", (16, "US"): "u2", (32, "SL"): "i4", (32, "UL"): "u4",
}  # fmt: skip
"""By the bits of a sample and their meaning (C.10.9.1.4)."""

LEAD_CODE = re.compile(r"(?:5\.6\.3-9-|2:)(\d+)")
"""Of a lead, in SCP-ECG's or in ISO 11073's numbers (CID 3001)."""

MOST_OF_A_DERIVED = 5.0
"""Seconds: a derived group that is no longer holds one beat."""


def is_dicom(first: bytes) -> bool:
    """Whether a file that begins so is in this format."""
    return first[MAGIC_AT : MAGIC_AT + len(MAGIC)] == MAGIC


def open_dicom(file: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The recording of a DICOM waveform; where a group was recorded later than another, the rest is a gap.

    Warned of are samples that are missing. Raises MissingReader where pydicom is not installed, UnreadableRecording,
    also for images and what is packed, InvalidSignals and LargeRecording.
    """
    reading = Reading(file, "DICOM", options)
    if file.stat().st_size > MAX_SIZE:
        raise LargeRecording(f"{file.name} has {file.stat().st_size:,} bytes, expected at most {MAX_SIZE:,}")
    read = _read(file)
    return open_strips(reading, _strips(reading, read), _begun(read))


def _read(file: Path) -> Any:
    """The data set, of which only the waveforms and the date are looked at."""
    pydicom = _pydicom(file)
    try:
        if is_dicom(first_bytes(file)) and pydicom.filereader.read_file_meta_info(file).get(SYNTAX) == DEFLATED:
            raise UnreadableRecording(f"{file.name} is packed (deflated); save it in another transfer syntax")
        read = pydicom.dcmread(file, force=True, specific_tags=WANTED)
        if "WaveformSequence" in read:
            return read
    except UnreadableRecording:
        raise
    except Exception as error:  # a parser of strangers' files may raise anything
        raise _unreadable(file, error) from None
    raise UnreadableRecording(f"{file.name} holds no waveform; expected a DICOM ECG (12-lead, general or ambulatory)")


def _pydicom(file: Path) -> Any:
    """The package, kept from showing what it reads: it warns of odd values, and logs them, be they a patient's name."""
    try:
        import pydicom
    except ImportError as error:
        raise MissingReader(
            f"{file.name} is DICOM, which takes another package to read: pip install 'cardiode[dicom]'"
        ) from error
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=rf"pydicom\.|{re.escape(__name__)}")
    return pydicom


def _unreadable(file: Path, error: Exception) -> UnreadableRecording:
    """By the kind of what pydicom raised, for its words quote what was read."""
    return UnreadableRecording(
        f"{file.name} is cut off, or no DICOM file that can be read ({type(error).__name__}); send it anew"
    )


def _strips(reading: Reading, read: Any) -> list[Strip]:
    """Those that were recorded, not derived. Raises UnreadableRecording."""
    name = reading.file.name
    try:
        little = read.original_encoding[1] is not False
        strips = [strip for item in read.WaveformSequence for strip in _group(reading, item, little)]
    except UnreadableRecording:
        raise
    except Exception as error:  # a parser of strangers' files may raise anything
        raise _unreadable(reading.file, error) from None
    if not any(len(strip.samples) for strip in strips):
        raise UnreadableRecording(f"{name} holds no recorded waveform; a mean beat has no beats that follow each other")
    return strips


def _group(reading: Reading, item: Any, little: bool) -> list[Strip]:
    """The channels of one; of a mean beat none."""
    name, count = reading.file.name, int(item.NumberOfWaveformChannels)
    described = len(item.ChannelDefinitionSequence)
    length, fs = int(item.NumberOfWaveformSamples), float(item.SamplingFrequency)
    kind = NUMBERS.get((int(item.WaveformBitsAllocated), str(item.WaveformSampleInterpretation)))
    if kind is None:
        raise UnreadableRecording(
            f"{name} has samples of {item.WaveformBitsAllocated} bits, written as {item.WaveformSampleInterpretation}, "
            f"expected one of: {', '.join(f'{bits} {meaning}' for bits, meaning in NUMBERS)}"
        )
    if not 0 < count <= MAX_LEADS or count != described:
        raise UnreadableRecording(f"{name} says {count} channels and describes {described}, expected 1 to {MAX_LEADS}")
    if not 0 < fs < np.inf:
        raise UnreadableRecording(f"{name} says {fs:g} samples a second")
    if item.get("WaveformOriginality") == "DERIVED" and length / fs <= MOST_OF_A_DERIVED:
        return []
    number = np.dtype(kind).newbyteorder("<" if little else ">")
    content = bytes(item.WaveformData or b"")
    there = min(len(content) // (count * number.itemsize), length)
    if there < length:
        reading.doubt(
            "truncated", f"{name} is truncated: it says {length:,} samples, read the {there:,} that are there"
        )
    samples = np.frombuffer(content, number, there * count).reshape(there, count)
    begins = float(item.get("MultiplexGroupTimeOffset") or 0.0) / 1000
    padding = _padding(item, number)
    return [
        replace(_channel(one, channel, fs), begins=begins if 0 <= begins < np.inf else 0.0, padding=padding)
        for one, channel in zip(item.ChannelDefinitionSequence, samples.T, strict=True)
    ]


def _padding(item: Any, number: np.dtype[Any]) -> int | None:
    value = item.get("WaveformPaddingValue")
    if isinstance(value, bytes) and len(value) >= number.itemsize:
        return int(np.frombuffer(value, number, 1)[0])
    return int(value) if isinstance(value, int) else None


def _channel(item: Any, samples: Samples, fs: float) -> Strip:
    units = item.get("ChannelSensitivityUnitsSequence") or []
    unit = str(units[0].get("CodeValue") or "") if units else ""
    gain = float(item.get("ChannelSensitivity") or 1.0) * float(item.get("ChannelSensitivityCorrectionFactor") or 1.0)
    return Strip(_name(item), unit, samples, fs, gain=gain, baseline=float(item.get("ChannelBaseline") or 0.0))


def _name(item: Any) -> str:
    sources = item.get("ChannelSourceSequence") or []
    code = LEAD_CODE.fullmatch(str(sources[0].get("CodeValue") or "")) if sources else None
    if code and int(code[1]) in LEAD_NAMES:
        return LEAD_NAMES[int(code[1])]
    meaning = str(sources[0].get("CodeMeaning") or "") if sources else ""
    return (meaning or str(item.get("ChannelLabel") or "")).split("(")[0].strip()


def _begun(read: Any) -> datetime | None:
    """When it was recorded, where the file states a date and a time."""
    try:
        return moment(str(read.get("AcquisitionDateTime") or f"{read.ContentDate}{read.ContentTime}"))
    except Exception:  # a parser of strangers' files may raise anything; a date is not worth a refusal
        return None
