"""WFDB, the format of PhysioNet: a header (.hea), signal files (.dat) and annotation files (.atr)."""

from pathlib import Path

import numpy as np
import wfdb

from ecg.errors import UnreadableRecording
from ecg.recording import Annotations, Recording


def read(path: Path, annotator: str | None = "atr") -> Recording:
    """Read the recording whose files are `path` with .hea, .dat and the annotator's extension.

    `annotator` None leaves annotations out; one whose file is missing is an error, as is any file that
    cannot be read: UnreadableRecording.
    """
    try:
        record = wfdb.rdrecord(str(path))
        annotations = None if annotator is None else _read_annotations(path, annotator)
    except (OSError, ValueError, IndexError, KeyError, TypeError) as error:
        raise UnreadableRecording(
            f"cannot read recording {path}: {error}; expected {path.name}.hea, its signal files"
            + (f" and {path.name}.{annotator}" if annotator else "")
        ) from error
    return Recording(
        name=path.name,
        signals=np.ascontiguousarray(record.p_signal.T, dtype=np.float32),
        leads=tuple(record.sig_name),
        fs=float(record.fs),
        annotations=annotations,
    )


def _read_annotations(path: Path, annotator: str) -> Annotations:
    annotation = wfdb.rdann(str(path), annotator)
    return Annotations(
        samples=np.asarray(annotation.sample, dtype=np.int64),
        symbols=tuple(annotation.symbol),
    )
