"""The databases that networks learn from and are tested on, as PhysioNet publishes them.

mitdb is the MIT-BIH Arrhythmia Database: 48 recordings of half an hour, two leads, 360 Hz (Moody and Mark 2001). nstdb
is the MIT-BIH Noise Stress Test Database: half an hour of each kind of noise, two leads, 360 Hz (Moody et al. 1984).
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import requests
import wfdb
from tqdm import tqdm

from ecg import Recording
from ecg.formats import wfdb as wfdb_format
from training.errors import MissingData

DS1 = tuple(
    "101 106 108 109 112 114 115 116 118 119 122 124 201 203 205 207 208 209 215 220 223 230".split()  # noqa: SIM905 - easier to compare with the paper
)
"""Recordings to train on, of the inter-patient split (de Chazal et al. 2004)."""

DS2 = tuple(
    "100 103 105 111 113 117 121 123 200 202 210 212 213 214 219 221 222 228 231 232 233 234".split()  # noqa: SIM905 - easier to compare with the paper
)
"""Recordings to test on, of the same split."""

DS1_GROUPS = tuple(
    tuple(names.split())
    for names in (
        "209 203 115 112",
        "207 116 114 122 230",
        "201 220 106 101",
        "118 208 205 108",
        "223 124 119 215 109",
    )
)
"""The recordings of DS1 in five parts, for cross-validation: patients with many ectopic beats are spread over them."""

DS2_GROUPS = tuple(
    tuple(names.split())
    for names in (
        "200 103 117 212",
        "233 113 121 231",
        "221 210 202 222",
        "228 213 111 234",
        "214 219 105 100 123 232",
    )
)
"""Those of DS2 in the same way."""

PATIENTS = tuple((name,) if name != "201" else ("201", "202") for name in sorted(DS1 + DS2) if name != "202")
"""The recordings of each patient of DS1 and DS2: 201 and 202 are of one man."""

PACED = ("102", "104", "107", "217")
"""Recordings of patients with a pacemaker, in neither part of the inter-patient split."""

RECORDINGS = tuple(sorted(DS1 + DS2 + PACED))

NOISES = ("bw", "em", "ma")
"""The recordings of nstdb: baseline wander, electrode motion, muscle."""

HEADER = ".hea"


def data_folder() -> Path:
    """The folder that holds `mitdb/`: `CARDIODE_DATA`, or `data` in the current folder."""
    return Path(os.environ.get("CARDIODE_DATA", "data"))


def missing_recordings(data: Path, names: Sequence[str] = RECORDINGS) -> list[str]:
    """Those of the recordings of which a file is not in `data/mitdb`, be it header, signals or annotations."""
    folder = data / "mitdb"
    return [name for name in names if not all((folder / f"{name}.{kind}").exists() for kind in ("hea", "dat", "atr"))]


def ensure_downloaded(data: Path, names: Sequence[str] = RECORDINGS) -> Path:
    """The folder of the recordings, those of these names downloaded from PhysioNet where it is missing (about 100 MB).

    Raises MissingData where that fails.
    """
    folder = data / "mitdb"
    missing = missing_recordings(data, names)
    if missing:
        print(f"{len(missing)} of {len(names)} recordings are not in {folder}: downloading them from PhysioNet")
        try:
            wfdb.dl_database("mitdb", str(folder), records=missing)
        except (OSError, ValueError, requests.RequestException) as error:
            raise MissingData(
                f"could not download mitdb into {folder}: {error}; get it from https://physionet.org/content/mitdb/ "
                "and say where it lies with --data FOLDER or CARDIODE_DATA=FOLDER (the folder that holds mitdb/)"
            ) from error
    return folder


def read_recordings(data: Path) -> Iterator[Recording]:
    """All 48 recordings with their reference annotations, in order of name."""
    folder = ensure_downloaded(data)
    for name in tqdm(RECORDINGS, desc="reading mitdb", unit="recording", disable=None):
        yield wfdb_format.read(folder / name)


def read_recording(data: Path, name: str) -> Recording:
    """One of them, which must be there. Raises UnreadableRecording."""
    return wfdb_format.read(data / "mitdb" / name)


def read_named(names: Sequence[str], data: Path) -> Iterator[Recording]:
    """Recordings with their reference annotations, as a command names them: those of mitdb by number, others by header.

    They come in this order; those of mitdb are downloaded where they are missing. Raises MissingData, before any is
    read, for a name that is neither, and UnreadableRecording.
    """
    strange = [name for name in names if name not in RECORDINGS and not name.endswith(HEADER)]
    if strange:
        raise MissingData(
            f"got the recording {strange[0]!r}, expected the path of a header ({HEADER}), whose annotations (.atr) lie "
            f"beside it, or a number of mitdb: {', '.join(RECORDINGS)}"
        )
    of_mitdb = [name for name in names if name in RECORDINGS]
    folder = ensure_downloaded(data, of_mitdb)
    return (wfdb_format.read(folder / name if name in RECORDINGS else Path(name).with_suffix("")) for name in names)


def read_noises(data: Path, names: Sequence[str]) -> list[Recording]:
    """The noise recordings of these names in `data/nstdb`, uncalibrated. Raises MissingData."""
    folder = data / "nstdb"
    missing = [name for name in names if not (folder / f"{name}{HEADER}").exists()]
    if missing:
        raise MissingData(
            f"the noise recordings {', '.join(missing)} are not in {folder}; get them from "
            "https://physionet.org/content/nstdb/ and say where they lie with --data FOLDER or CARDIODE_DATA=FOLDER"
        )
    return [wfdb_format.read(folder / name, annotator=None) for name in names]
