"""How long does half an hour take by one checkpoint, beside another?

`python -m benchmarks.release CHECKPOINT BEFORE [--recordings HEADER ...]` annotates recordings, from the signals in
memory to decisions on all beats, by both in turn, and prints the median of the ratios; finding beats is part of both.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ecg import Recording
from ecg.formats import wfdb
from models import Classifier
from models.process import use_one_core
from training.data.databases import data_folder
from training.evaluation.patients import annotated_by

ROUNDS = 5
NAMES = ("100", "118", "208")


def main() -> None:
    """Print the ratio."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", help="a model of the zoo, or a checkpoint file")
    parser.add_argument("before", help="the one that it is held against")
    parser.add_argument("--recordings", nargs="+", type=Path, help=f"headers (default: {', '.join(NAMES)} of mitdb)")
    options = parser.parse_args()
    use_one_core()
    headers = options.recordings or [data_folder() / "mitdb" / f"{name}.hea" for name in NAMES]
    recordings = [wfdb.open_record(header).read() for header in headers]
    print(report(Classifier.load(options.checkpoint), Classifier.load(options.before), recordings))


def report(classifier: Classifier, before: Classifier, recordings: Sequence[Recording]) -> str:
    """The median seconds of each, and the median of their ratios over rounds."""
    both = np.array([[_seconds(one, recordings) for one in (classifier, before)] for _ in range(ROUNDS)])
    now, then = np.median(both, axis=0).tolist()
    ratio = float(np.median(both[:, 0] / both[:, 1]))
    return f"{len(recordings)} recordings on one core: {now:.2f} s, before {then:.2f} s; {ratio:.2f} of the time"


def _seconds(classifier: Classifier, recordings: Sequence[Recording]) -> float:
    started = time.perf_counter()
    for recording in recordings:
        annotated_by(classifier, recording, "found")
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
