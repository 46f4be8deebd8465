"""DICOM waveforms, written by pydicom."""

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    TwelveLeadECGWaveformStorage,
)

CODES = {"I": "1", "II": "2", "V1": "3", "V2": "4"}
SYNTAXES = {"explicit": ExplicitVRLittleEndian, "implicit": ImplicitVRLittleEndian, "big": ExplicitVRBigEndian}


def group(signals, fs, *, unit="uV", kind="i2", sensitivity=1.0, baseline=0.0, **changed):
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


def coded(value, meaning, scheme):
    item = Dataset()
    item.CodeValue, item.CodeMeaning, item.CodingSchemeDesignator = value, meaning, scheme
    return item


def channel(name, unit, sensitivity, baseline):
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


def write(file, groups, syntax="explicit", **changed):
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
