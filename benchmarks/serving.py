"""Serving: how much of what the classifier can do reaches clients over HTTP, and how soon?

`python -m benchmarks.serving` starts a service of odenet in a process of its own for each question, and
lets `hey` (Debian: apt-get install hey) ask it, pinned to one core, whose processor time is told. Bodies are synthetic
beats. Against the bare `Classifier` at its best batch and number of threads, in the same run, it tells

- at saturation, the beats a second of requests of 64 beats, as float32 and as JSON;
- with 64 clients of one beat each, the requests a second with and without batching;
- at half of that load, the 99th percentile of the time to the answer, against that of a bare single beat.
"""

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks import explain
from ecg import cut_annotated_beats
from ecg.synthetic import synthesize
from models import Classifier

MODEL = "odenet"
SECONDS = 8
ROUNDS = 3
BATCHES = (16, 64, 128, 256)
RAW, JSON = "application/octet-stream", "application/json"
CORES = sorted(os.sched_getaffinity(0))
UNBATCHED = {"CARDIODE_BATCH_BEATS": "1", "CARDIODE_BATCH_WAIT": "0"}


@dataclass(frozen=True)
class Load:
    """What one run of the generator saw: answers a second, the slowest of 99 % in seconds, its own cores in use."""

    rate: float
    p99: float
    cores: float


def main() -> None:
    explain(__doc__)
    if not shutil.which("hey"):
        sys.exit("hey is not installed; apt-get install hey")
    beats = synthetic_beats()
    classifier = Classifier.load(MODEL)
    torch.set_num_threads(1)
    single = statistics.median(seconds_of(classifier, beats[:1]) for _ in range(100))
    best, threads, batch = max(
        (bare(classifier, beats, threads, batch), threads, batch) for threads in (1, len(CORES)) for batch in BATCHES
    )
    print(
        f"bare {MODEL}: {best:,.0f} beats/s ({threads} threads, {batch} beats at once); one beat {1e3 * single:.1f} ms"
    )
    with tempfile.TemporaryDirectory() as place:
        bodies = written(beats, Path(place))
        with served() as address:
            for kind, body in ((RAW, bodies["64.raw"]), (JSON, bodies["64.json"])):
                load = median(lambda kind=kind, body=body: ask(address, kind, body, clients=8))
                print(f"64 beats a request, {kind}: {tell(64 * load.rate, load, best)}")
            batched = median(lambda: ask(address, RAW, bodies["1.raw"], clients=64))
            print(f"64 clients of one beat: {tell(batched.rate, batched, best)}")
            half = median(lambda: ask(address, RAW, bodies["1.raw"], clients=64, rate=batched.rate / 2))
            print(
                f"at half of that load: p99 {1e3 * half.p99:.1f} ms at {half.rate:,.0f} requests/s, "
                f"{half.p99 / single:.1f} times a bare single beat"
            )
        with served(**UNBATCHED) as address:
            alone = median(lambda: ask(address, RAW, bodies["1.raw"], clients=64))
            print(f"the same without batching: {tell(alone.rate, alone, best)}")
            print(f"batched / unbatched: {batched.rate / alone.rate:.2f}")


def tell(rate: float, load: Load, best: float) -> str:
    return (
        f"{rate:,.0f} beats/s, {rate / best:.0%} of bare; p99 {1e3 * load.p99:.1f} ms; generator {load.cores:.2f} cores"
    )


def synthetic_beats() -> np.ndarray:
    recording = synthesize(400, heart_rate=75, ectopic={"V": 0.1}, seed=1)
    return cut_annotated_beats(recording).values.astype(np.float32)


def seconds_of(classifier: Classifier, beats: np.ndarray) -> float:
    started = time.perf_counter()
    classifier.classify(beats)
    return time.perf_counter() - started


def bare(classifier: Classifier, beats: np.ndarray, threads: int, batch: int) -> float:
    """Beats a second of so many threads, each with a core."""
    asked = np.resize(beats, (batch, beats.shape[1]))
    counts = [0] * threads
    end = time.perf_counter() + SECONDS / 2

    def work(place: int) -> None:
        while time.perf_counter() < end:
            classifier.classify(asked)
            counts[place] += batch

    started = time.perf_counter()
    workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.perf_counter() - started)


def written(beats: np.ndarray, folder: Path) -> dict[str, Path]:
    """The bodies, as files."""
    for count in (1, 64):
        some = np.resize(beats, (count, beats.shape[1]))
        (folder / f"{count}.raw").write_bytes(some.astype("<f4").tobytes())
        (folder / f"{count}.json").write_text(json.dumps({"beats": some.round(4).tolist()}))
    return {file.name: file for file in folder.iterdir()}


@contextmanager
def served(**settings: str) -> Iterator[str]:
    """The address of a service of the model alone."""
    environment = os.environ | {"CARDIODE_PORT": "0", "CARDIODE_MODELS": MODEL, "CARDIODE_LOG_LEVEL": "INFO"} | settings
    process = subprocess.Popen([sys.executable, "-m", "app"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        found = next(filter(None, (re.search(r"on (http://[0-9.:]+)", line) for line in process.stderr or [])))
        threading.Thread(target=(process.stderr or sys.stdin).read, daemon=True).start()  # or a full pipe would stop it
        yield found[1]
    finally:
        process.terminate()
        process.wait()


def median(run: Callable[[], Load]) -> Load:
    """Of several runs, the one with the middle rate."""
    return sorted((run() for _ in range(ROUNDS)), key=lambda load: load.rate)[ROUNDS // 2]


def ask(address: str, kind: str, body: Path, *, clients: int, rate: float | None = None) -> Load:
    """Let so many clients ask again and again, or so many times a second in all."""
    limit = [] if rate is None else ["-q", f"{rate / clients:.3f}"]
    command = ["taskset", "-c", str(CORES[-1]), "hey", "-z", f"{SECONDS}s", "-c", str(clients), *limit]
    command += ["-m", "POST", "-T", kind, "-D", str(body), f"{address}/classify"]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - all of it is ours
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    statuses = set(re.findall(r"\[(\d+)\]\s+\d+ responses", told))
    if statuses != {"200"}:
        sys.exit(f"expected answers of status 200 alone:\n{told}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    p99 = re.search(r"99%+ in ([0-9.]+) secs", told)
    rate_told = re.search(r"Requests/sec:\s+([0-9.]+)", told)
    if not p99 or not rate_told:
        sys.exit(f"hey told something else than expected:\n{told}")
    return Load(float(rate_told[1]), float(p99[1]), used / seconds)


if __name__ == "__main__":
    main()
