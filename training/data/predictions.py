"""Predictions: labels that a cross-validation over patients gave, each by a network that had not seen the patient.

Their file is an .npz of three arrays, a value for each beat: `recordings`, the name of its recording; `peaks`, its R
peak in samples at that recording's rate; `labels`, the index of its class in `ecg.LABELS`, -1 for one not classified.
"""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Int64, Shaped

from ecg import LABELS, Annotations
from ecg.formats.wfdb import UNJUDGED
from training.errors import UnexpectedData

SUFFIX = ".npz"


@dataclass(frozen=True)
class Predictions:
    """Labels of beats of many recordings, in any order."""

    recordings: Shaped[np.ndarray, "beat"]
    peaks: Int64[np.ndarray, "beat"]
    labels: Int64[np.ndarray, "beat"]

    @property
    def names(self) -> list[str]:
        """The recordings, in order of name."""
        return sorted(set(self.recordings.tolist()))

    def of(self, name: str) -> Annotations:
        """Those of one recording, as a program annotates it."""
        (places,) = np.nonzero(self.recordings == name)
        places = places[np.argsort(self.peaks[places], kind="stable")]
        symbols = [*LABELS, UNJUDGED]
        return Annotations(self.peaks[places], tuple(symbols[label] for label in self.labels[places].tolist()))


def read_predictions(file: Path) -> Predictions:
    """Read and check the file. Raises UnexpectedData."""
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            recordings = arrays["recordings"].astype(np.str_)
            peaks, labels = (arrays[name].astype(np.int64, casting="safe") for name in ("peaks", "labels"))
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, AttributeError) as error:
        raise UnexpectedData(
            f"{file} does not hold predictions ({error}); expected an .npz with arrays recordings, peaks and labels"
        ) from error
    if not recordings.ndim == peaks.ndim == labels.ndim == 1 or not len(recordings) == len(peaks) == len(labels):
        raise UnexpectedData(
            f"{file} has recordings, peaks and labels of the shapes {recordings.shape}, {peaks.shape} and "
            f"{labels.shape}, expected one value for each beat in each"
        )
    if not len(peaks) or peaks.min() < 0 or labels.min() < -1 or labels.max() >= len(LABELS):
        raise UnexpectedData(
            f"{file} has {len(peaks)} beats, expected one or more, with peaks of 0 or more and labels of -1 to "
            f"{len(LABELS) - 1}, which index {', '.join(LABELS)}"
        )
    return Predictions(recordings, peaks, labels)
