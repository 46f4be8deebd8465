"""Recordings as a command names them: those of mitdb by their numbers, all others by their headers."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ecg import Recording
from ecg.formats import wfdb as wfdb_format
from training.errors import MissingData
from training.data.mitdb import RECORDINGS, ensure_downloaded

HEADER = ".hea"


def read_named(names: Sequence[str], data: Path) -> Iterator[Recording]:
    """The recordings with their reference annotations, in this order; those of mitdb are downloaded where missing.

    Raises MissingData, before any is read, for a name that is neither, and UnreadableRecording.
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
