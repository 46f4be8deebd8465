"""Recordings: how good and how fast is what becomes of a whole recording?

`python -m benchmarks.recordings` (the recordings of mitdb in CARDIODE_DATA) reports

- of R peaks over all 48: sensitivity and positive predictivity within 150 ms, where they lie, and how long they take;
- of labels: how often a beat that was found is labelled as the same beat is where it was annotated, over the test
  recordings (DS2);
- of a service in a process of its own, as a client sees it: seconds of half an hour posted as WFDB, and of a day joined
  from all 48, against what the 48 took one by one; and its peak memory.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import numpy as np

from benchmarks import explain
from ecg import BEAT_FS, FoundBeats, Recording, choose_leads, cut_annotated_beats, find_beats
from ecg.detection.peaks import PeakDetector
from ecg.formats import wfdb
from ecg.labels import label_of
from ecg.signal.gaps import GapFiller
from models import Classifier, Plan, annotate
from training.data.databases import DS2, RECORDINGS, data_folder, ensure_downloaded

TOLERANCE_SECONDS = 0.15
ROUNDS = 5
SHOWN = "100"


def main() -> None:
    explain(__doc__)
    folder = ensure_downloaded(data_folder())
    recordings = {name: wfdb.read(folder / name) for name in RECORDINGS}
    print_peaks(folder, recordings)
    print_labels([recordings[name] for name in DS2])
    with served() as (client, process):
        print_service(folder, client, process)


def print_peaks(folder: Path, recordings: dict[str, Recording]) -> None:
    found_of_true = true_of_found = true_count = found_count = 0
    offsets: list[int] = []
    seconds, reading = [], []
    for name, recording in recordings.items():
        started = time.perf_counter()
        wfdb.open_record(folder / f"{name}.hea").read()
        reading.append(time.perf_counter() - started)
        started = time.perf_counter()
        found = detect(recording)
        seconds.append(time.perf_counter() - started)
        true = annotated(recording)
        reach = TOLERANCE_SECONDS * recording.fs
        found_of_true += len(matches(true, found, reach))
        pairs = matches(found, true, reach)
        true_of_found += len(pairs)
        true_count, found_count = true_count + len(true), found_count + len(found)
        offsets += [round(f * BEAT_FS / recording.fs) - round(t * BEAT_FS / recording.fs) for f, t in pairs]
    print(f"R peaks over {len(recordings)} recordings, raw counts, within {1000 * TOLERANCE_SECONDS:.0f} ms:")
    print(f"  sensitivity {found_of_true / true_count:.2%}, positive predictivity {true_of_found / found_count:.2%}")
    near = np.mean(np.abs(offsets) <= 1)
    print(f"  median offset {np.median(offsets):.0f} samples at 125 Hz, {near:.1%} within one sample")
    print(f"  a recording: {statistics.median(seconds):.3f} s, reading {statistics.median(reading):.3f} s")


def detect(recording: Recording) -> np.ndarray:
    leads = choose_leads(recording)
    detector = PeakDetector(len(leads), recording.fs)
    signals = GapFiller(len(leads)).fill(recording.signals[list(leads)])
    parts = [detector.push(signals), detector.finish()]
    return np.concatenate([part.samples[~part.flutter] for part in parts])


def annotated(recording: Recording) -> np.ndarray:
    annotations = recording.beat_annotations()
    return annotations.samples[[label_of(symbol) is not None for symbol in annotations.symbols]]


def matches(some: np.ndarray, others: np.ndarray, reach: float) -> list[tuple[int, int]]:
    """Each of some with the nearest of the others, where that is within reach."""
    after = np.clip(np.searchsorted(others, some), 1, len(others) - 1)
    nearest = np.where(some - others[after - 1] <= others[after] - some, others[after - 1], others[after])
    return [(int(s), int(n)) for s, n in zip(some, nearest, strict=True) if abs(s - n) <= reach]


def print_labels(recordings: list[Recording]) -> None:
    for name in ("odenet", "resnet"):
        classifier = Classifier.load(name)
        same = both = 0
        for recording in recordings:
            beats = cut_annotated_beats(recording)
            there = dict(zip(beats.peaks.tolist(), classifier.classify(beats.values).labels.tolist(), strict=True))
            found = FoundBeats.joined([part.beats for part in find_beats(recording, choose_leads(recording))])
            labels = dict(
                zip(found.peaks.tolist(), annotate(Plan.of(classifier, "recording"), found).labels, strict=True)
            )
            for own, true in matches(found.peaks, beats.peaks, TOLERANCE_SECONDS * recording.fs):
                if labels[own] is not None:
                    both += 1
                    same += "NSVFQ"[there[true]] == labels[own]
        print(f"{name}: {same / both:.2%} of {both:,} beats of the test recordings are labelled as at annotated peaks")


@contextmanager
def served() -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    environment = os.environ | {"CARDIODE_PORT": "0"}
    process = subprocess.Popen([sys.executable, "-m", "app"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        address = next(found[1] for line in process.stderr or [] if (found := re.search(r"on (http://[0-9.:]+)", line)))
        threading.Thread(target=(process.stderr or sys.stdin).read, daemon=True).start()  # or a full pipe would stop it
        with httpx.Client(base_url=address, timeout=600) as client:
            yield client, process
    finally:
        process.terminate()
        process.wait()


def print_service(folder: Path, client: httpx.Client, process: subprocess.Popen[str]) -> None:
    post(client, folder / SHOWN)
    half_hour = statistics.median(post(client, folder / SHOWN) for _ in range(ROUNDS))
    print(f"half an hour ({SHOWN}), posted and answered as JSON: {half_hour:.2f} s")
    one_by_one = sum(post(client, folder / name) for name in RECORDINGS)
    before = peak_memory(process)
    with tempfile.TemporaryDirectory() as place:
        seconds = post(client, join(folder, Path(place) / "day"))
    share = seconds / one_by_one
    print(f"a day of {len(RECORDINGS)} recordings: {seconds:.1f} s, {share:.2f} of what they take one by one")
    print(f"peak memory of the service: {peak_memory(process):,} MB with the day, {before:,} MB before it")


def post(client: httpx.Client, record: Path) -> float:
    files = [
        ("files", (f"{record.name}.{kind}", record.with_suffix(f".{kind}").read_bytes())) for kind in ("hea", "dat")
    ]
    started = time.perf_counter()
    client.post("/recordings", files=files).raise_for_status()
    return time.perf_counter() - started


def join(folder: Path, day: Path) -> Path:
    """The signals of all recordings, which are in one format, one after the other."""
    with day.with_suffix(".dat").open("wb") as target:
        for name in RECORDINGS:
            target.write((folder / f"{name}.dat").read_bytes())
    samples = day.with_suffix(".dat").stat().st_size // 3
    signals = [f"day.dat 212 200(1024)/mV {lead}" for lead in ("MLII", "V5")]
    day.with_suffix(".hea").write_text("\n".join([f"day 2 360 {samples}", *signals]) + "\n")
    return day


def peak_memory(process: subprocess.Popen[str]) -> int:
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", text)[1]) // 1000


if __name__ == "__main__":
    main()
