"""How a classifier does beyond the figures of its card: what must not be called ectopic, and a live signal.

`python -m benchmarks.carry --out-of-fold FILE [FILE ...]` prints of decisions on patients left out (`out_of_fold.npz`
in a run's folder), at operating points that were chosen on other patients, each beside its bar; of several runs those
of each, and of the mean of their logits:

- F1 of S and V of each database, over all beats that are found, marked and decided on
- beats called S among those annotated N while mitdb's rhythm is atrial fibrillation, (AFIB
- paced beats called V in 102, 104, 107 and 217, and the sensitivity to V of the last two
- beats called S or V in recordings of cinc2017 that are labelled N, and in those labelled A

`python -m benchmarks.carry --live FOLDER [RECORDING ...] [--checkpoint CHECKPOINT]` decides on recordings as they are
served whole and as they are served live, second by second, and prints the F1 of S and V of both.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import wfdb as wfdb_package
from jaxtyping import Bool
from scipy.special import softmax
from sklearn.metrics import f1_score
from tqdm import tqdm

from ecg import LABELS, BeatStream, LiveContext, Recording, choose_leads
from ecg.formats import wfdb
from ecg.scoring.f1 import f1
from ecg.scoring.five_classes import FIVE_CLASSES
from ecg.scoring.intervals import interval
from models import AnnotatedBeats, Classifier, Plan, annotate
from training.data.database import labels_of_recordings
from training.data.databases import CINC2017, MITDB, PACED, SVDB, data_folder
from training.data.recordings import headers_in
from training.errors import UnexpectedData
from training.evaluation.patients import annotated_by, annotations_of, compare_with_reference
from training.learning.crossvalidation import OutOfFold, labels_by_others
from training.table import table

S, V, Q = (LABELS.index(name) for name in "SVQ")

PIECE_SECONDS = 1.0


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.carry", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out-of-fold",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="decisions on patients left out, of a run's folder",
    )
    parser.add_argument("--live", type=Path, metavar="FOLDER", help="of recordings with annotations (.atr)")
    parser.add_argument("--checkpoint", default="rhythm", help="that decides live (default %(default)s)")
    parser.add_argument("recordings", nargs="*", help="of that folder (default: all)")
    options = parser.parse_args()
    if not options.out_of_fold and not options.live:
        parser.error("say what shall be looked at: --out-of-fold FILE or --live FOLDER")
    if options.out_of_fold:
        print(left_out(options.out_of_fold, data_folder()))
    if options.live:
        names = options.recordings or [header.stem for header in headers_in(options.live)]
        print(live_table(Classifier.load(options.checkpoint), options.live, names))


def left_out(files: Sequence[Path], data: Path) -> str:
    """What runs, and their mean where there are several, make of patients left out: a row a figure, with its bar."""
    runs = {str(file.parent): OutOfFold.load(file) for file in files}
    if len(runs) > 1:
        runs["their mean"] = mean(list(runs.values()))
    found = [figures(out, data) for out in runs.values()]
    rows = [[name, *(one[name][0] for one in found), bar] for name, (_, bar) in found[0].items()]
    return table(["patients left out", *runs, "bar"], rows)


def mean(runs: Sequence[OutOfFold]) -> OutOfFold:
    """The mean of their logits. Raises UnexpectedData unless they are of the same beats."""
    first, *others = runs
    for other in others:
        same = len(other.peaks) == len(first.peaks) and (other.recordings == first.recordings).all()
        if not same or (other.peaks != first.peaks).any():
            raise UnexpectedData("got decisions on different beats, expected those of runs over the same recordings")
    logits = np.mean([np.log(np.maximum(run.probabilities, np.finfo(float).tiny)) for run in runs], axis=0)
    return replace(first, probabilities=softmax(logits, axis=1))


def figures(out: OutOfFold, data: Path) -> dict[str, tuple[str, str]]:
    """Figures of decisions on patients left out by their names, each with its bar."""
    labels = labels_by_others(out)
    rows = []
    for name in (MITDB.name, SVDB.name):
        own = (out.databases == name) & (out.labels >= 0) & (labels >= 0)
        for place in (S, V) if own.any() else ():
            reached = f1_score(out.labels[own] == place, labels[own] == place)
            rows.append([f"F1 of {LABELS[place]} in {name}", f"{reached:.4f}", ""])
    mitdb = out.databases == MITDB.name
    if mitdb.any():
        fibrillating = _in_rhythm(out, data, "(AFIB") & (out.labels == LABELS.index("N"))
        rows.append(["S among N in (AFIB of mitdb", _share(labels[fibrillating] == S), "<= 3 %"])
        paced = np.isin(out.recordings, PACED)
        rows.append(
            ["V among paced beats (102, 104, 107, 217)", _share(labels[paced & (out.labels == Q)] == V), "<= 2 %"]
        )
        for name, before in (("107", "98.2 %"), ("217", "97.1 %")):
            own = (out.recordings == name) & (out.labels == V)
            rows.append([f"sensitivity to V of {name}", _share(labels[own] == V), f"{before} before"])
    cinc2017 = out.databases == CINC2017.name
    if cinc2017.any():
        named = labels_of_recordings(CINC2017.folder(data))
        kinds = np.array([named[name] for name in out.recordings[cinc2017].tolist()])
        for kind, bar in (("N", "<= 1 %"), ("A", "")):
            own = labels[cinc2017][kinds == kind]
            rows.append([f"S or V in cinc2017 labelled {kind}", _share(np.isin(own[own >= 0], (S, V))), bar])
            rows.append([f"judged in cinc2017 labelled {kind}", _share(own >= 0), ">= 97 %" if kind == "N" else ""])
    return {name: (figure, bar) for name, figure, bar in rows}


def _share(which: Bool[np.ndarray, "beat"]) -> str:
    return f"{which.mean():.2%} ({int(which.sum()):,} of {len(which):,})" if len(which) else "-"


def _in_rhythm(out: OutOfFold, data: Path, rhythm: str) -> Bool[np.ndarray, "beat"]:
    """The beats in stretches of mitdb that are annotated with a rhythm."""
    inside = np.zeros(len(out.labels), np.bool_)
    for name in np.unique(out.recordings[out.databases == MITDB.name]).tolist():
        marks = wfdb_package.rdann(str(MITDB.path(data, name)), "atr")
        changes = [
            (s, a.rstrip("\x00")) for s, a in zip(marks.sample, marks.aux_note, strict=True) if a.startswith("(")
        ]
        own = np.flatnonzero(out.recordings == name)
        edges = np.array([sample for sample, _ in changes])
        place = np.searchsorted(edges, out.peaks[own], side="right") - 1
        inside[own] = [at >= 0 and changes[at][1] == rhythm for at in place.tolist()]
    return inside


def live_table(classifier: Classifier, folder: Path, names: Sequence[str]) -> str:
    """F1 of S and V of recordings decided on whole and live, and how long after its R peak a live beat comes."""
    whole, live, delays = [], [], []
    for name in tqdm(names, desc="live", unit="recording", disable=None):
        recording = wfdb.read(folder / name)
        whole.append(
            compare_with_reference(recording, annotations_of(annotated_by(classifier, recording, "found")), 300.0)
        )
        beats, waited = follow(classifier, recording)
        live.append(compare_with_reference(recording, annotations_of(beats), 300.0))
        delays.append(waited)
    waited = np.concatenate(delays)
    rows = []
    for label in "SV":
        measured = [interval(compared, f1(FIVE_CLASSES[label])).value or 0.0 for compared in (whole, live)]
        rows.append([f"F1 of {label}", f"{measured[0]:.4f}", f"{measured[1]:.4f}", f"{measured[1] - measured[0]:+.4f}"])
    middle, late = np.quantile(waited, (0.5, 0.99)).tolist()
    delay = f"a live beat comes {middle:.2f} s after its R peak (median; 99 %: {late:.2f} s)"
    return f"{table([f'{len(names)} recordings of {folder.name}', 'whole', 'live', 'difference'], rows)}\n{delay}"


def follow(classifier: Classifier, recording: Recording) -> tuple[AnnotatedBeats, np.ndarray]:
    """The beats of a recording that comes second by second, as `/stream` answers, and how long after it each comes."""
    plan, fs = Plan.of(classifier, "live"), recording.fs
    leads = list(choose_leads(recording))
    signals = recording.signals[leads]
    stream, context = BeatStream(len(leads), fs, 0, live=True), LiveContext(len(leads), fs)
    parts, delays = [], []
    length, step = signals.shape[1], round(PIECE_SECONDS * fs)
    for start in range(0, length + step, step):
        if start < length:
            piece = signals[:, start : start + step]
            found = stream.push(piece)
            context.push(piece)
        else:
            found = stream.finish()
        if len(found):
            of = partial(context.of, next_peak=stream.next_peak) if plan.in_context else None
            parts.append(annotate(plan, found, of))
            delays.append((min(start + step, length) - found.peaks) / fs)
    return AnnotatedBeats.joined(parts), np.concatenate(delays)


if __name__ == "__main__":
    main()
