"""Folders of WFDB annotation files: reference ones, and those of a test annotator, to be compared with them."""

from collections.abc import Callable, Sequence
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


def compare_folders(
    reference: Path,
    test: Path,
    names: Sequence[str],
    *,
    reference_annotator: str,
    test_annotator: str,
    start: float = LEARNING,
    class_of: ClassOf = CLASS_OF,
) -> list[Comparison]:
    """Compare the annotations of each recording with those in another folder: see `compare_with_folder`."""
    return compare_with_folder(
        reference,
        lambda name, fs: wfdb.read_annotations(test / name, test_annotator, fs),
        names,
        reference_annotator=reference_annotator,
        start=start,
        class_of=class_of,
    )


def compare_with_folder(
    reference: Path,
    test: Callable[[str, float], Annotations],
    names: Sequence[str],
    *,
    reference_annotator: str,
    start: float = LEARNING,
    class_of: ClassOf = CLASS_OF,
) -> list[Comparison]:
    """Compare annotations of each recording, from `start` on (in seconds) to where its header says it ends.

    `test` gives those to be compared of a recording of this name at this rate. Raises UnreadableRecording for a file
    that is missing or cannot be read, and InvalidComparison.
    """
    comparisons = []
    for name in tqdm(names, desc="comparing", unit="recording", disable=None):
        extent = read_extent(reference / f"{name}.hea")
        comparisons.append(
            compare(
                wfdb.read_annotations(reference / name, reference_annotator, extent.fs),
                test(name, extent.fs),
                extent.fs,
                name=name,
                start=start,
                end=None if extent.length is None else extent.length / extent.fs,
                class_of=class_of,
            )
        )
    return comparisons
