"""Judged: of how much of other hospitals' recordings is nothing said?

`python -m benchmarks.judged` (svdb, vfdb, cinc2017 and nstdb in CARDIODE_DATA) counts, with leads chosen as the service
chooses them: in svdb, found beats within 2 s of an annotated N that are not judged; in vfdb, windows of 5 s under (N
that have no judged beat; in cinc2017, recordings labelled N, found beats that are not judged; in nstdb, which is noise
alone, beats.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import wfdb as library
from jaxtyping import Int64
from tqdm import tqdm

from benchmarks import explain
from ecg import FoundBeats, Recording, choose_leads, find_beats
from ecg.formats import wfdb
from training.data.databases import data_folder

NEAR_SECONDS = 2.0
WINDOW_SECONDS = 5.0


def main() -> None:
    explain(__doc__)
    print("| recordings | of | not judged | share | why |")
    print("|---|---:|---:|---:|---|")
    _row("svdb, found beats near an N", *_svdb())
    _row("vfdb, windows under (N", *_vfdb())
    _row("cinc2017 labelled N, found beats", *_cinc2017())
    for name in ("bw", "em", "ma"):
        recording = wfdb.read(data_folder() / "nstdb" / name, None)
        print(f"| nstdb {name}, whole | {len(_found(recording))} beats found | | | |")


def _row(what: str, of: int, reasons: Counter[str]) -> None:
    bad = reasons.total()
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    print(f"| {what} | {of:,} | {bad:,} | {100 * bad / max(of, 1):.2f} % | {why} |")


def _svdb() -> tuple[int, Counter[str]]:
    total, reasons = 0, Counter[str]()
    for record in _records("svdb"):
        recording = wfdb.read(record)
        annotations = recording.beat_annotations()
        normal = annotations.samples[np.array(annotations.symbols) == "N"]
        found = _found(recording)
        near = _distance(found.peaks, normal) < NEAR_SECONDS * recording.fs
        total += int(near.sum())
        reasons.update(quality for quality, one in zip(found.quality, near, strict=True) if one and quality != "good")
    return total, reasons


def _vfdb() -> tuple[int, Counter[str]]:
    total, reasons = 0, Counter[str]()
    for record in _records("vfdb"):
        recording = wfdb.read(record)
        found = _found(recording)
        good, window = found.peaks[found.good], round(WINDOW_SECONDS * recording.fs)
        for start in _windows(record, recording, window):
            total += 1
            if not ((good >= start) & (good < start + window)).any():
                inside = (found.peaks >= start) & (found.peaks < start + window)
                reasons[max(np.array(found.quality)[inside], default="no beats")] += 1
    return total, reasons


def _windows(record: Path, recording: Recording, window: int) -> Iterator[int]:
    """Where those begin that lie wholly in a normal rhythm."""
    marks = library.rdann(str(record), "atr")
    rhythms = [(s, note.strip("\0")) for s, note in zip(marks.sample, marks.aux_note, strict=True) if note[:1] == "("]
    ends = [start for start, _ in rhythms[1:]] + [recording.signals.shape[1]]
    for (start, rhythm), end in zip(rhythms, ends, strict=True):
        if rhythm == "(N":
            yield from range(int(start), int(end) - window + 1, window)


def _cinc2017() -> tuple[int, Counter[str]]:
    with (data_folder() / "cinc2017" / "REFERENCE.csv").open() as opened:
        names = [name for name, label in csv.reader(opened) if label == "N"]
    total, reasons = 0, Counter[str]()
    for name in tqdm(names, desc="cinc2017", unit="recording", disable=None):
        found = _found(wfdb.read(data_folder() / "cinc2017" / name, None))
        total += len(found)
        reasons.update(quality for quality in found.quality if quality != "good")
    return total, reasons


def _records(database: str) -> list[Path]:
    headers = sorted((data_folder() / database).glob("*.hea"))
    return [header.with_suffix("") for header in tqdm(headers, desc=database, unit="recording", disable=None)]


def _found(recording: Recording) -> FoundBeats:
    return FoundBeats.joined([part.beats for part in find_beats(recording, choose_leads(recording))])


def _distance(some: Int64[np.ndarray, "some"], others: Int64[np.ndarray, "others"]) -> Int64[np.ndarray, "some"]:
    """From each to the nearest of the others."""
    after = np.searchsorted(others, some).clip(1, len(others) - 1)
    return np.minimum(np.abs(others[after] - some), np.abs(others[after - 1] - some))


if __name__ == "__main__":
    main()
