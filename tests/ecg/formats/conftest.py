"""A synthetic recording, and files of it in every format."""

import shutil
import subprocess

import ecgdatakit
import numpy as np
import pytest
import wfdb
from edfio import Edf, EdfSignal, read_edf

from ecg.synthetic import synthesize


@pytest.fixture(scope="session")
def made():
    """Twenty seconds of two leads at 250 Hz."""
    return synthesize(20, fs=250.0, leads=("MLII", "V1"), ectopic={"V": 0.2})


@pytest.fixture
def write_wfdb(made, tmp_path):
    """Writes the recording as WFDB, and gives the path of its header."""

    def write(name="made", fmt="16", signals=made.signals, leads=made.leads, units="mV", gain=1000.0):
        digital = np.round(np.asarray(signals, dtype=np.float64).T * gain).astype(np.int64)
        count = len(leads)
        wfdb.wrsamp(
            name, 250, [units] * count, list(leads), d_signal=digital, fmt=[fmt] * count, adc_gain=[gain] * count,
            baseline=[0] * count, write_dir=str(tmp_path),
        )  # fmt: skip
        return tmp_path / f"{name}.hea"

    return write


@pytest.fixture
def write_edf(made, tmp_path):
    """Writes signals as EDF, and gives the file's path."""

    def write(*extra, leads=made.leads, unit="uV", factor=1000.0):
        signals = [
            EdfSignal(signal.astype(np.float64) * factor, 250, label=lead, physical_dimension=unit)
            for lead, signal in zip(leads, made.signals, strict=True)
        ]
        Edf([*signals, *extra]).write(tmp_path / "made.edf")
        return tmp_path / "made.edf"

    return write


@pytest.fixture
def read_by_biosig(tmp_path):
    """Gives the signals of a file, in mV by lead, as BioSig reads it; skips where that is not installed."""
    program = shutil.which("save2gdf")
    if program is None:
        pytest.skip("BioSig is not installed (apt-get install biosig-tools)")

    def read(file):
        converted = tmp_path / "by_biosig.edf"
        subprocess.run([program, "-f=EDF", str(file), str(converted)], check=True, capture_output=True, timeout=60)
        signals = read_edf(converted).signals
        return {one.label: one.data * {"uV": 1e-3, "mV": 1.0}[one.physical_dimension] for one in signals}

    return read


@pytest.fixture
def read_by_ecgdatakit():
    """Gives the signals of a file, in mV by lead, as ecgdatakit reads it."""

    def read(file):
        leads = [lead.to_physical() if lead.is_raw else lead for lead in ecgdatakit.FileParser().parse(str(file)).leads]
        return {lead.label: lead.samples * {"uV": 1e-3, "nV": 1e-6, "mV": 1.0}[lead.units] for lead in leads}

    return read
