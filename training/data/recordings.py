"""Added recordings: a folder of WFDB files, annotated and reviewed, that a network learns from beside those of mitdb.

They may be of any rate, leads and length. They join what is trained on and never a test part. All of them are read, and
what is wrong with any is reported, before hours of training begin. R peaks are found in them as in what is served; an
annotation within 150 ms lends its label.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int64
from tqdm import tqdm

from ecg import EcgError, FoundBeats, Recording, choose_leads, find_beats, label_of
from ecg.formats import wfdb
from ecg.formats.wfdb.header import SUFFIX, read_header
from ecg.matching import labels_at
from ecg.messages import listed
from ecg.reading import ReadOptions
from models.checkpoint.info import AddedRecordings
from training.data.database import Database
from training.data.databases import RECORDINGS
from training.data.dataset import Dataset, Split
from training.data.groups import Group
from training.errors import MissingData, UnusableRecording

ADDED = "added"
"""What they are called as a database."""

LEAST_MATCHED = 0.5
"""Of the annotated beats: with fewer near an R peak, the annotations are of another recording, or at another rate."""


@dataclass(frozen=True)
class Added:
    """A recording that is added, the beats that are found in it, and their labels as indices of `LABELS`; -1 for none.

    Its files are `path` with their extensions, that of its annotations the `annotator`. `leads` are those that are
    looked at. Recordings of one `patient` are never parted.
    """

    path: Path
    annotator: str
    recording: Recording
    patient: str
    leads: tuple[int, ...]
    found: FoundBeats
    labels: Int64[np.ndarray, "beat"]

    @property
    def used(self) -> Bool[np.ndarray, "beat"]:
        """The beats that are learnt from: they can be judged, and are marked."""
        return np.asarray(self.found.good & (self.labels >= 0))

    @property
    def beats(self) -> Dataset:
        """Those, for a network that takes beats by themselves."""
        names = np.full(int(self.used.sum()), self.recording.name)
        return Dataset(self.found.values[self.used], self.labels[self.used], names)

    @property
    def sha256(self) -> str:
        """The hash of its rate, signals and annotations."""
        annotations = self.recording.beat_annotations()
        head = f"{self.recording.name} {self.recording.fs} {self.recording.leads} {''.join(annotations.symbols)}"
        digest = hashlib.sha256(head.encode())
        digest.update(np.ascontiguousarray(self.recording.signals).tobytes())
        digest.update(annotations.samples.tobytes())
        return digest.hexdigest()


def read_added(folder: Path, annotator: str) -> tuple[Added, ...]:
    """Every recording in a folder and the folders within it, whose annotations have the annotator's extension.

    A folder within it holds the recordings of one patient; those that lie side by side in it are of one patient each.
    Raises MissingData where there is none, and UnusableRecording, which names every one that cannot be learnt from.
    """
    headers = headers_in(folder)
    added, problems = [], []
    for header in tqdm(headers, desc="reading added recordings", unit="recording", disable=None):
        patient = header.stem if header.parent == folder else header.relative_to(folder).parts[0]
        try:
            added.append(_read(header, annotator, patient))
        except (EcgError, UnusableRecording) as error:
            problems.append(f"{header}: {error}")
    names = Counter(header.stem for header in headers)
    problems += [
        f"{name}: {times} recordings have this name; rename them" for name, times in names.items() if times > 1
    ]
    if problems:
        raise UnusableRecording("; ".join(problems))
    return tuple(added)


def headers_in(folder: Path) -> list[Path]:
    """Those of all recordings in a folder and those within it, but for segments of another. Raises MissingData."""
    found = sorted(folder.rglob(f"*{SUFFIX}"))
    if not found:
        raise MissingData(
            f"there is no recording in {folder}; expected WFDB headers (*{SUFFIX}) with signal and annotation files"
        )
    segments = {header.with_name(f"{name}{SUFFIX}") for header in found for name in _segments(header)}
    return [header for header in found if header not in segments]


def _segments(header: Path) -> list[str]:
    try:
        read = read_header(header)
    except EcgError:
        return []  # reading the recording will say why
    return list(read.record.seg_name) if read.has_segments else []


def _read(header: Path, annotator: str, patient: str) -> Added:
    name, file = header.stem, header.with_name(f"{header.stem}.{annotator}")
    if name in RECORDINGS:
        raise UnusableRecording("it has the name of a recording of mitdb, which may be in the test set; rename it")
    if not file.exists():
        raise UnusableRecording(
            f"its annotations {file.name} are not beside it; review it first, say which extension they have with "
            "--annotator, or take it out of the folder"
        )
    recording = wfdb.open_record(header, ReadOptions(strict=True)).read()
    recording = replace(recording, annotations=wfdb.read_annotations(header.with_suffix(""), annotator, recording.fs))
    leads = choose_leads(recording)
    parts = list(find_beats(recording, leads))
    found = FoundBeats.joined([part.beats for part in parts])
    if not len(found):
        reason = (parts[-1].reason if parts else None) or "it has no signal"
        raise UnusableRecording(f"no beat was found in it: {reason}; take it out of the folder")
    labels = labels_at(found.peaks, recording.beat_annotations(), recording.fs)
    added = Added(header.with_suffix(""), annotator, recording, patient, leads, found, labels)
    _check(added, file.name)
    return added


def _check(added: Added, file: str) -> None:
    symbols = added.recording.beat_annotations().symbols
    marked = sum(label_of(symbol) is not None for symbol in symbols)
    if not marked:
        raise UnusableRecording(
            f"{file} marks no beat of a known class: it has {listed(dict.fromkeys(symbols)) or 'nothing'}; expected "
            "PhysioNet's symbols, such as N, A, V, F"
        )
    matched = int(np.count_nonzero(added.labels >= 0))
    if matched < LEAST_MATCHED * marked:
        raise UnusableRecording(
            f"of {marked:,} beats that {file} marks, {matched:,} lie within 150 ms of an R peak; expected at least "
            f"{LEAST_MATCHED:.0%}: are they of this recording, and at its rate?"
        )
    if not added.used.any():
        quality, _ = Counter(added.found.quality).most_common(1)[0]
        raise UnusableRecording(
            f"none of its beats can be judged, most of them because they are {quality}; take it out"
        )


def groups_of(added: Sequence[Added], data: Path) -> tuple[Group, ...]:
    """Groups of their patients, as those of a database; `data` is the folder of the databases, with noise."""
    if not added:
        return ()
    names = tuple(one.recording.name for one in added)
    database = Database(
        name=ADDED,
        title="Recordings that were added",
        citation="",
        recordings=names,
        licence="",
        patients_named=True,
        patient={one.recording.name: one.patient for one in added},
        annotator=added[0].annotator,
        paths={one.recording.name: one.path for one in added},
    )
    return tuple(Group(database, data, own) for own in database.groups(names))


def with_added(split: Split, added: Sequence[Added]) -> Split:
    """The split with the added beats, of one recording or more, in its training part, and in no other."""
    return replace(split, train=Dataset.joined([split.train, *(one.beats for one in added)]))


def entry_of(added: Sequence[Added]) -> AddedRecordings:
    """What a checkpoint keeps of them, one or more."""
    counts = Dataset.joined([one.beats for one in added]).counts()
    digest = hashlib.sha256("".join(one.sha256 for one in added).encode())
    return AddedRecordings(
        names=tuple(one.recording.name for one in added),
        beats={str(label): count for label, count in counts.items()},
        sha256=digest.hexdigest(),
    )


def added_table(added: Sequence[Added]) -> str:
    """What was read: a line for each recording, with the beats of each class that are learnt from."""
    rows = [
        {
            "recording": one.recording.name,
            "patient": one.patient,
            "Hz": f"{one.recording.fs:g}",
            "leads": " ".join(one.recording.leads[lead] for lead in one.leads),
            "minutes": f"{one.recording.seconds / 60:.1f}",
            **{str(label): f"{count:,}" for label, count in one.beats.counts().items()},
            "found, not used": f"{int(np.count_nonzero(~one.used)):,}",
        }
        for one in added
    ]
    return pd.DataFrame(rows).to_string(index=False)
