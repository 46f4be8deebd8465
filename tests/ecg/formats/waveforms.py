"""DICOM waveforms, written by pydicom."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    TwelveLeadECGWaveformStorage,
)

CODES = dict(zip(("I", "II", "V1", "V2", "V3", "V4", "V5", "V6"), range(1, 9), strict=True))
CODES |= {"III": 61, "aVR": 62, "aVL": 63, "aVF": 64}
SYNTAXES = {"explicit": ExplicitVRLittleEndian, "implicit": ImplicitVRLittleEndian, "big": ExplicitVRBigEndian}


def group(
    signals: Mapping[str, Any],
    fs: float,
    *,
    unit: str | None = "uV",
    kind: str = "i2",
    sensitivity: float = 1.0,
    baseline: float = 0.0,
    **changed: Any,
) -> Dataset:
    """An item of the waveform sequence, of digital signals by lead; `changed` are its attributes."""
    item = Dataset()
    number = np.dtype(kind)
    item.WaveformOriginality = "ORIGINAL"
    item.NumberOfWaveformChannels = len(signals)
    item.NumberOfWaveformSamples = len(next(iter(signals.values())))
    item.SamplingFrequency = fs
    item.ChannelDefinitionSequence = Sequence([channel(name, unit, sensitivity, baseline) for name in signals])
    item.WaveformBitsAllocated = 8 * number.itemsize
    item.WaveformSampleInterpretation = {"i1": "SB", "u1": "UB", "i2": "SS", "u2": "US", "i4": "SL", "u4": "UL"}[kind]
    item.WaveformData = np.array(list(signals.values())).T.astype(kind).tobytes()
    for name, value in changed.items():
        setattr(item, name, value)
    return item


def coded(value: str, meaning: str, scheme: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodeMeaning, item.CodingSchemeDesignator = value, meaning, scheme
    return item


def channel(name: str, unit: str | None, sensitivity: float, baseline: float) -> Dataset:
    item = Dataset()
    code = f"2:{CODES[name]}" if name in CODES else "0"
    item.ChannelSourceSequence = Sequence([coded(code, f"Lead {name} (Einthoven)", "MDC")])
    if unit is not None:
        item.ChannelSensitivity, item.ChannelBaseline, item.ChannelSensitivityCorrectionFactor = (
            sensitivity,
            baseline,
            1,
        )
        item.ChannelSensitivityUnitsSequence = Sequence([coded(unit, unit, "UCUM")])
    item.WaveformBitsStored = 16
    return item


def write(file: Path, groups: Iterable[Dataset] | None, syntax: str = "explicit", **changed: Any) -> Path:
    """A file of these groups, of a patient with a name."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = SYNTAXES.get(syntax, syntax)
    meta.MediaStorageSOPClassUID = TwelveLeadECGWaveformStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    whole = FileDataset(
        str(file), {}, file_meta=meta, preamble=bytes(128), is_implicit_VR=meta.TransferSyntaxUID.is_implicit_VR,
        is_little_endian=meta.TransferSyntaxUID.is_little_endian,
    )  # fmt: skip
    whole.SOPClassUID, whole.SOPInstanceUID = TwelveLeadECGWaveformStorage, "1.2.3"
    whole.PatientName, whole.PatientID, whole.PatientBirthDate = "Mustermann^Erika", "0815", "19510302"
    whole.AcquisitionDateTime = "20191231235958.5"
    if groups is not None:
        whole.WaveformSequence = Sequence(groups)
    for name, value in changed.items():
        setattr(whole, name, value)
    whole.save_as(file, enforce_file_format=True)
    return file
