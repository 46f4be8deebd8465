"""The databases that networks learn from and are tested on, as PhysioNet publishes them.

Beside those, nstdb is the MIT-BIH Noise Stress Test Database: half an hour of each kind of noise, two leads, 360 Hz
(Moody et al. 1984).
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import requests
import wfdb
from tqdm import tqdm

from ecg import Recording
from ecg.formats import wfdb as wfdb_format
from training.data.database import Database
from training.errors import MissingData, UnknownDatabase

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

MITDB = Database(
    name="mitdb",
    title="MIT-BIH Arrhythmia Database",
    citation="Moody and Mark, The impact of the MIT-BIH Arrhythmia Database, 2001",
    recordings=RECORDINGS,
    fs=360.0,
    leads="two of MLII, V1, V2, V4 and V5",
    patients_named=True,
    patient={"202": "201"},
    parts={"ds1": DS1, "ds2": DS2, "paced": PACED},
    donors=DS1_GROUPS + DS2_GROUPS + tuple((name,) for name in PACED),
)

SVDB = Database(
    name="svdb",
    title="MIT-BIH Supraventricular Arrhythmia Database",
    citation="Greenwald, Improved detection and classification of arrhythmias in noise-corrupted electrocardiograms "
    "using contextual information, 1990",
    recordings=tuple(map(str, (*range(800, 813), *range(820, 830), *range(840, 895)))),
    fs=128.0,
    leads="two that are not named",
)

CINC2017 = Database(
    name="cinc2017",
    title="PhysioNet/CinC Challenge 2017, training part",
    citation="Clifford et al., AF classification from a short single lead ECG recording, 2017",
    recordings=tuple(f"A{number:05}" for number in range(1, 8529)),
    fs=300.0,
    leads="one between the hands",
    weak={"N": "N", "A": "N"},
)
"""In sinus rhythm and in atrial fibrillation nearly all beats are N; of "O", other rhythms, that is not known."""

DATABASES: dict[str, Database] = {database.name: database for database in (MITDB, SVDB, CINC2017)}
"""By name: those that are learnt from."""

NOISES = ("bw", "em", "ma")
"""The recordings of nstdb: baseline wander, electrode motion, muscle."""

HEADER = ".hea"


def find_part(name: str) -> tuple[Database, tuple[str, ...]]:
    """A database, and the names of its recordings, of a name such as mitdb, or of a part of it, such as mitdb/ds1.

    Raises UnknownDatabase.
    """
    database, _, part = name.partition("/")
    known = [*DATABASES, *(f"{one.name}/{part}" for one in DATABASES.values() for part in one.parts)]
    if name not in known:
        raise UnknownDatabase(f"got the database {name!r}, expected one of: {', '.join(known)}")
    found = DATABASES[database]
    return found, found.parts[part] if part else found.recordings


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
