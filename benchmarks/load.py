"""Load: what clients ask of a service, how often, and how it answers. wrk asks (Debian: apt-get install wrk).

At saturation each client asks again as soon as it is answered. At a rate of its own, requests come at moments that wait
for no answer, as those of independent clients do: evenly, or at random (a Poisson process). wrk is pinned to one core,
and its processor time reported, because it takes that from the service.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float32

from ecg import cut_annotated_beats
from ecg.synthetic import synthesize

RAW, JSON = "application/octet-stream", "application/json"
SCRIPT = Path(__file__).with_suffix(".lua")
CORES = sorted(os.sched_getaffinity(0))
TIMEOUT_SECONDS = 30
LATE_SHARE = 0.01
"""Of the requests that were to come at a moment of their own, how many may come later."""


@dataclass(frozen=True)
class Body:
    """What a request carries: so many beats, in a file of a media type."""

    file: Path
    kind: str
    beats: int


@dataclass(frozen=True)
class Pace:
    """So many requests a second in all, at even or at random moments."""

    rate: float
    moments: Literal["even", "random"]


@dataclass(frozen=True)
class Load:
    """What one run saw: answers and beats a second, the slowest of 99 % in seconds, cores that wrk itself took."""

    requests: float
    beats: float
    p99: float
    cores: float


def synthetic_beats() -> Float32[np.ndarray, "beat 187"]:
    """Beats to ask about, of a synthetic recording."""
    recording = synthesize(400, heart_rate=75, ectopic={"V": 0.1}, seed=1)
    return cut_annotated_beats(recording).values.astype(np.float32)


def written(beats: Float32[np.ndarray, "beat 187"], kind: str, folder: Path) -> Body:
    """All of these beats as one body."""
    file = folder / f"{len(beats)}.{'raw' if kind == RAW else 'json'}"
    if kind == RAW:
        file.write_bytes(beats.astype("<f4").tobytes())
    else:
        file.write_text(json.dumps({"beats": beats.round(4).tolist()}))
    return Body(file, kind, len(beats))


def check_wrk() -> None:
    """End with what to do where wrk is missing."""
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed; apt-get install wrk")


def ask(address: str, body: Body, *, clients: int, seconds: int, pace: Pace | None = None) -> Load:
    """Let so many clients ask for so long. Ends the benchmark where not every request is answered well and in time."""
    command = ["taskset", "-c", str(CORES[-1]), "wrk", "--threads", "1", "--connections", str(clients)]
    command += ["--duration", f"{seconds}s", "--timeout", f"{TIMEOUT_SECONDS}s", "--script", str(SCRIPT)]
    command += [f"{address}/classify", "--", body.kind, str(body.file)]
    if pace:
        command += [f"{pace.rate:.3f}", pace.moments]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - all of it is ours
    took, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return load_of(printed, body, used / took)


def load_of(printed: str, body: Body, cores: float) -> Load:
    """What wrk printed, in its last line. Ends the benchmark where that is no answer to what was asked."""
    seen = json.loads(printed.splitlines()[-1])
    if seen["refused"] or seen["broken"] or not seen["requests"]:
        sys.exit(f"expected answers, and of a status below 400 alone; wrk printed:\n{printed}")
    if seen["late"] > LATE_SHARE * seen["requests"]:
        sys.exit(
            f"the rate could not be held: no client was free at some moments; ask for less. wrk printed:\n{printed}"
        )
    requests = seen["requests"] / seen["seconds"]
    return Load(requests, body.beats * requests, seen["p99"], cores)


def middle(runs: Sequence[Load]) -> Load:
    """Of several runs, the one with the middle rate."""
    return sorted(runs, key=lambda load: load.requests)[len(runs) // 2]
