"""Folders of WFDB annotation files: reference ones, and those of a test annotator, to be compared with them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from ecg import Annotations
from ecg.formats import wfdb
from ecg.formats.wfdb.header import read_extent
from ecg.scoring import CLASS_OF, LEARNING, ClassOf, Comparison, compare
from training.errors import MissingData


def annotated(folder: Path, annotator: str) -> list[str]:
    """The names of the recordings that have a file of the annotator in the folder, in order.

    Raises MissingData where there is none.
    """
    names = sorted(file.stem for file in folder.glob(f"*.{annotator}"))
    if not names:
        raise MissingData(f"there is no file *.{annotator} in {folder}; say which annotator wrote the files, or where")
    return names


@dataclass(frozen=True)
class Annotated:
    """The annotations of a recording, and those that are compared with them; samples are counted at `fs` Hz.

    `end` is where the recording ends, in seconds, None where its header does not state it.
    """

    name: str
    reference: Annotations
    test: Annotations
    fs: float
    end: float | None


def read_both(
    reference: Path, test: Callable[[str, float], Annotations], names: Sequence[str], reference_annotator: str
) -> Iterator[Annotated]:
    """The annotations of each recording in a folder, and those that `test` gives for its name and rate.

    Raises UnreadableRecording for a file that is missing or cannot be read.
    """
    for name in tqdm(names, desc="comparing", unit="recording", disable=None):
        extent = read_extent(reference / f"{name}.hea")
        yield Annotated(
            name,
            wfdb.read_annotations(reference / name, reference_annotator, extent.fs),
            test(name, extent.fs),
            extent.fs,
            None if extent.length is None else extent.length / extent.fs,
        )


def read_folders(
    reference: Path, test: Path, names: Sequence[str], *, reference_annotator: str, test_annotator: str
) -> Iterator[Annotated]:
    """The annotations of each recording in both folders. Raises UnreadableRecording."""
    return read_both(
        reference,
        lambda name, fs: wfdb.read_annotations(test / name, test_annotator, fs),
        names,
        reference_annotator,
    )


def compare_beats(
    recordings: Iterable[Annotated], *, start: float = LEARNING, class_of: ClassOf = CLASS_OF
) -> list[Comparison]:
    """Compare the beats of each recording, from `start` on (in seconds) to its end. Raises InvalidComparison."""
    return [
        compare(one.reference, one.test, one.fs, name=one.name, start=start, end=one.end, class_of=class_of)
        for one in recordings
    ]
