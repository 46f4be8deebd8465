"""Ten seconds of twelve leads, as a hospital records them, in every format that may hold them."""

import numpy as np
import pytest
import wfdb
from edfio import Edf, EdfSignal
from scipy.io import savemat

from ecg.formats import open_files
from ecg.reading import ReadOptions
from tests.ecg.formats import waveforms
from tests.ecg.formats.holters import holter
from tests.ecg.formats.scp import records
from tests.ecg.formats.xml import documents

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
FS = 500


@pytest.fixture
def microvolts(made):
    """Of all leads, each of another height."""
    times = np.arange(10 * FS) / FS
    one = np.interp(times, np.arange(5000) / 250, made.signals[0])
    return {lead: np.round(one * (500 + 100 * n)).astype(int) for n, lead in enumerate(LEADS)}


def as_wfdb(file, microvolts):
    wfdb.wrsamp(
        file.stem, FS, ["mV"] * 12, list(LEADS), d_signal=np.array(list(microvolts.values())).T, fmt=["16"] * 12,
        adc_gain=[1000.0] * 12, baseline=[0] * 12, write_dir=str(file.parent),
    )  # fmt: skip
    return file.with_suffix(".hea")


def as_edf(file, microvolts):
    Edf(
        [EdfSignal(s.astype(float), FS, label=f"ECG {n}", physical_dimension="uV") for n, s in microvolts.items()]
    ).write(file)
    return file


def as_bytes(file, content):
    file.write_bytes(content)
    return file


def as_mat(file, microvolts):
    savemat(file, {"val": np.array(list(microvolts.values()))}, appendmat=False)
    return file


CODES = dict(zip(LEADS, (5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), strict=True))
WRITTEN = {
    "WFDB": as_wfdb,
    "EDF": as_edf,
    "DICOM": lambda file, uv: waveforms.write(file, [waveforms.group(uv, FS)]),
    "SCP-ECG": lambda file, uv: as_bytes(file, records.record(uv, table=records.DEFAULT, order=2)),
    "ISHNE": lambda file, uv: as_bytes(
        file, holter(np.array(list(uv.values())), codes=tuple(CODES.values()), sizes=(1000,) * 12, fs=FS)
    ),
    "HL7 aECG": lambda file, uv: as_bytes(
        file, documents.aecg([("RHYTHM", [documents.sequence_set(uv, increment="0.002")])])
    ),
    "MUSE XML": lambda file, uv: as_bytes(file, documents.muse(uv, fs=FS)),
    "MAT": as_mat,
}


@pytest.mark.parametrize("format_name", WRITTEN)
def test_all_twelve_leads_are_read(format_name, microvolts, tmp_path):
    file = WRITTEN[format_name](tmp_path / "made", microvolts)
    recording = open_files([file], ReadOptions(fs=FS, unit="uV") if format_name == "MAT" else ReadOptions()).read()
    assert (recording.fs, recording.seconds, recording.warnings) == (FS, 10, ())
    assert recording.read_as.format == format_name
    expected = {"EDF": tuple(f"ECG {lead}" for lead in LEADS), "MAT": tuple(f"lead {n}" for n in range(1, 13))}
    assert recording.leads == expected.get(format_name, LEADS)
    np.testing.assert_allclose(recording.signals * 1000, list(microvolts.values()), atol=0.1)
