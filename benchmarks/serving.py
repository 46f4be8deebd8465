"""Serving: how much of what the classifier can do reaches clients over HTTP, and how soon?

`python -m benchmarks.serving` starts a service of odenet in a process of its own for each question, and lets wrk
(Debian: apt-get install wrk) ask it, pinned to one core, whose processor time is reported. Bodies are synthetic beats.
The bare `Classifier`, at its best batch and in a process for each core, is measured in turn with the requests of 64
beats, while the service rests. Against the middle of these figures it reports

- at saturation, the beats a second of requests of 64 beats, as float32 and as JSON;
- with 64 clients of one beat each, the requests a second: of the service, of the same with batching off, and of the
  plain service without batching that one writes first (`benchmarks/services/plain.py`);
- at that load, the milliseconds of a core that a request takes of the process that answers, and of those that solve;
- at half of that load, by requests that come at moments of their own, evenly and at random, the 99th percentile of the
  time to the answer, against that of a bare single beat.
"""

import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import psutil

from app.settings import Settings
from benchmarks import parser
from benchmarks.load import CORES, JSON, RAW, Body, Load, Pace, ask, check_wrk, middle, synthetic_beats, written
from benchmarks.services.framework import PLAIN, served_by
from benchmarks.services.setup import Setup, free_port
from models import Classifier
from models.process import use_one_core

MODEL = "odenet"
BATCHES = (16, 64, 128, 256)
CLIENTS = {1: 64, 64: 8}
"""How many ask at once, by the beats of a request."""
UNBATCHED = {"CARDIODE_BATCH_BEATS": "1", "CARDIODE_BATCH_WAIT": "0", "CARDIODE_QUEUE_SECONDS": "30"}
"""And nobody is refused, though it is slow."""


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--seconds", type=int, default=8, help="of each run (default: %(default)s)")
    options.add_argument("--rounds", type=int, default=3, help="runs, of which the middle one counts (%(default)s)")
    chosen = options.parse_args()
    check_wrk()
    beats = synthetic_beats()
    classifier = loaded()
    single = statistics.median(seconds_of(classifier, beats[:1]) for _ in range(100))
    batch = max(BATCHES, key=lambda batch: bare(beats, batch, chosen.seconds / 2))
    with tempfile.TemporaryDirectory() as place:
        measure(beats, Path(place), batch, single, chosen.seconds, chosen.rounds)


def measure(beats: np.ndarray, folder: Path, batch: int, single: float, seconds: int, rounds: int) -> None:
    def once(address: str, body: Body, pace: Pace | None = None) -> Load:
        return ask(address, body, clients=CLIENTS[body.beats], seconds=seconds, pace=pace)

    def run(address: str, body: Body, pace: Pace | None = None) -> Load:
        return middle([once(address, body, pace) for _ in range(rounds)])

    raw, text = (written(np.resize(beats, (64, beats.shape[1])), kind, folder) for kind in (RAW, JSON))
    one = written(beats[:1], RAW, folder)
    with served() as address:
        # In turn: what a machine can do changes within minutes where others use it too, and here shares count most.
        turns = [(bare(beats, batch, seconds), once(address, raw), once(address, text)) for _ in range(rounds)]
        paces, raws, texts = zip(*turns, strict=True)
        best = statistics.median(paces)
        print(
            f"Bare: {best:,.0f} beats a second ({len(CORES)} processes, {batch} at once), "
            f"a single one in {1e3 * single:.1f} ms"
        )
        print(
            "\n| load | beats a second | of bare | 99 of 100 answers within | cores of wrk |\n|---|---:|---:|---:|---:|"
        )
        print(row("64 beats a request, float32, 8 clients", middle(raws), best))
        print(row("the same as JSON", middle(texts), best))
        batched = run(address, one)
        before = processor_seconds()
        asked = once(address, one)
        answering, solving = (processor_seconds() - before) / (seconds * asked.requests)
        print(row("one beat a request, 64 clients", batched, best))
        even = run(address, one, Pace(batched.requests / 2, "even"))
        print(row("half of that, evenly", even, best))
        random = run(address, one, Pace(batched.requests / 2, "random"))
        print(row("half of that, at random", random, best))
    with served(**UNBATCHED) as address:
        alone = run(address, one)
        print(row("one beat a request, 64 clients, with batching off", alone, best))
    with served_by(PLAIN, Setup(MODEL, free_port(), 1, 1, 0.0, 1, str(folder)), Path(sys.executable)) as address:
        plain = run(address, one)
        print(row("the same by a plain service without batching", plain, best))
    print(f"\nThe service / the same with batching off: {batched.beats / alone.beats:.2f}")
    print(f"The service / a plain one: {batched.beats / plain.beats:.2f}")
    print(f"A request of one beat took {1e3 * answering:.2f} ms of a core to answer, {1e3 * solving:.2f} ms to solve")
    print_half("evenly", even, single)
    print_half("at random", random, single)


def processor_seconds() -> np.ndarray:
    """Of the service that this process has begun, and of all that the service has begun."""
    (service,) = (child for child in psutil.Process().children() if child.cmdline()[-2:] == ["-m", "app"])
    times = [process.cpu_times() for process in (service, *service.children(recursive=True))]
    own, *others = [time.user + time.system for time in times]
    return np.array([own, sum(others)])


def row(load: str, seen: Load, best: float) -> str:
    return f"| {load} | {seen.beats:,.0f} | {seen.beats / best:.0%} | {1e3 * seen.p99:.0f} ms | {seen.cores:.2f} |"


def print_half(moments: str, half: Load, single: float) -> None:
    wait = Settings().batch_wait
    print(
        f"At half of the load, {moments}, 99 of 100 answers within {1e3 * half.p99:.1f} ms: the batch wait of "
        f"{1e3 * wait:g} ms and {(half.p99 - wait) / single:.1f} times a bare single beat"
    )


def seconds_of(classifier: Classifier, beats: np.ndarray) -> float:
    started = time.perf_counter()
    classifier.classify(beats)
    return time.perf_counter() - started


def bare(beats: np.ndarray, batch: int, seconds: float) -> float:
    """Beats a second of a process for each core, none of which answers anybody."""
    asked = np.resize(beats, (batch, beats.shape[1]))
    processes = len(CORES)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(pace, [asked] * processes, [1.0] * processes))  # until all have begun
        return sum(pool.map(pace, [asked] * processes, [seconds] * processes))


def pace(beats: np.ndarray, seconds: float) -> float:
    """Beats a second of this process."""
    classifier = loaded()
    started, count = time.perf_counter(), 0
    while time.perf_counter() < started + seconds:
        classifier.classify(beats)
        count += len(beats)
    return count / (time.perf_counter() - started)


@cache
def loaded() -> Classifier:
    """The classifier of this process."""
    use_one_core()
    return Classifier.load(MODEL)


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


if __name__ == "__main__":
    main()
