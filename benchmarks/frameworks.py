"""Frameworks: how much do LitServe, BentoML and Ray Serve answer around the same checkpoint, with their batching on?

Each serves odenet, solved as it was released, set up as its own documents advise: the files of `benchmarks/services`
cite them. They are not needed by anything else, and live in a virtual environment of their own:

    python3 -m venv /tmp/frameworks
    /tmp/frameworks/bin/pip install --editable . --requirement benchmarks/services/requirements.txt
    python -m benchmarks.frameworks --python /tmp/frameworks/bin/python

wrk (Debian: apt-get install wrk), pinned to one core, has 64 clients ask about one beat each, and 8 about 64 each, as
JSON, and as float32 where a framework takes raw bytes. All services make batches of as many beats and have them wait as
long as the service of this repository does where nothing else is set. Each framework is tried with one worker and with
two, and the better one counts. A service must first answer as the bare `Classifier` does, and has a run to warm up. The
frameworks answer with label and probabilities of each beat; the service of this repository with abstention and receipt
too.
"""

import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from app.settings import Settings
from benchmarks import parser
from benchmarks.load import JSON, RAW, Body, Load, ask, check_wrk, middle, synthetic_beats, written
from benchmarks.services import answering
from benchmarks.services.answering import Answer
from benchmarks.services.framework import FRAMEWORKS, served_by, versions
from benchmarks.services.setup import Setup, free_port
from benchmarks.serving import CLIENTS, MODEL, served
from models import Classifier

OURS = "cardiode"
WORKERS = (1, 2)
FOUND_SECONDS = 30
NOT_FOUND_YET = (404, 503)
TOLERANCE = 1e-3
"""How far a probability may be from the bare classifier's: batches of other sizes are rounded otherwise."""


@dataclass(frozen=True)
class Measured:
    """How a service answered a load; `workers` is empty where it is the service that decides."""

    service: str
    workers: str
    body: Body
    load: Load


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--python", type=Path, required=True, help="the Python that has the frameworks")
    options.add_argument("--seconds", type=int, default=8, help="of each run (default: %(default)s)")
    options.add_argument("--rounds", type=int, default=3, help="runs, of which the middle one counts (%(default)s)")
    options.add_argument("--beats", type=int, choices=CLIENTS, help="of each request, instead of both numbers")
    chosen = options.parse_args()
    check_wrk()
    print(versions(chosen.python))
    print("\n| beats a request | service | workers | requests a second | beats a second ", end="")
    print("| 99 of 100 answers within | cores of wrk | cardiode / it |\n|---|---|---:|---:|---:|---:|---:|---:|")
    classifier, beats = Classifier.load(MODEL), synthetic_beats()
    with tempfile.TemporaryDirectory() as place:
        for count in [chosen.beats] if chosen.beats else CLIENTS:
            some = np.resize(beats, (count, beats.shape[1]))
            bodies = [written(some, kind, Path(place)) for kind in (JSON, RAW)]
            measured = list(measure(classifier, bodies, chosen))
            print("\n".join(row for body in bodies for row in rows([seen for seen in measured if seen.body == body])))


def measure(classifier: Classifier, bodies: Sequence[Body], chosen: Namespace) -> Iterator[Measured]:
    """Let each service answer each body that it takes."""

    def seen(service: str, workers: str, address: str, kinds: Sequence[str]) -> Iterator[Measured]:
        for body in bodies:
            if body.kind in kinds:
                print(f"{service}, {workers or 'its own'} workers, {body.beats} beats of {body.kind}", file=sys.stderr)
                check(service, address, body, classifier)
                run = partial(ask, address, body, clients=CLIENTS[body.beats], seconds=chosen.seconds)
                run()
                yield Measured(service, workers, body, middle([run() for _ in range(chosen.rounds)]))

    with served() as address:
        yield from seen(OURS, "", address, (JSON, RAW))
    for framework in FRAMEWORKS:
        for workers in WORKERS:
            with tempfile.TemporaryDirectory() as folder:
                setup = setup_of(workers, bodies[0].beats, folder)
                with served_by(framework, setup, chosen.python) as address:
                    yield from seen(framework.name, str(workers), address, framework.kinds)


def setup_of(workers: int, request_beats: int, folder: str) -> Setup:
    """With the batches that the service of this repository makes."""
    ours = Settings()
    return Setup(MODEL, free_port(), workers, ours.batch_beats, ours.batch_wait, request_beats, folder)


def check(service: str, address: str, body: Body, classifier: Classifier) -> None:
    """End the benchmark where a service does not answer as the classifier does."""
    content = body.file.read_bytes()
    beats = answering.from_json(json.loads(content)) if body.kind == JSON else answering.from_bytes(content)
    answer = first_answer(service, address, body)
    got = answer if isinstance(answer, list) else answer["beats"]
    if not same(got, answering.answer_of(classifier.classify(beats))):
        sys.exit(f"{service} answers otherwise than the classifier; it answered:\n{answer}")


def first_answer(service: str, address: str, body: Body) -> Any:
    """What a service answers, once what stands in front of it has found it."""
    end = time.monotonic() + FOUND_SECONDS
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{address}/classify", body.file.read_bytes(), {"Content-Type": body.kind}
    )
    while True:
        try:
            with urllib.request.urlopen(request) as response:  # noqa: S310 - loopback
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code not in NOT_FOUND_YET or time.monotonic() > end:
                sys.exit(f"{service} refuses {body.beats} beats as {body.kind}: {error}\n{error.read()[:1000]!r}")
            time.sleep(0.2)


def same(got: Answer, expected: Answer) -> bool:
    """Whether two answers say the same of the same beats, but for rounding."""
    if [beat["label"] for beat in got] != [beat["label"] for beat in expected]:
        return False
    pairs = [(beat["probabilities"], other["probabilities"]) for beat, other in zip(got, expected, strict=True)]
    return all(abs(one[label] - other[label]) <= TOLERANCE for one, other in pairs for label in other)


def rows(measured: Sequence[Measured]) -> list[str]:
    """The lines of a table about one body: of each service the better try, our own first."""
    best = {seen.service: seen for seen in sorted(measured, key=lambda seen: seen.load.requests)}
    ours = best[OURS]
    return [row(best[service], ours) for service in dict.fromkeys(seen.service for seen in measured)]


def row(seen: Measured, ours: Measured) -> str:
    load, kind = seen.load, "JSON" if seen.body.kind == JSON else "float32"
    return (
        f"| {seen.body.beats}, {kind} | {seen.service} | {seen.workers} | {load.requests:,.0f} | {load.beats:,.0f} "
        f"| {1e3 * load.p99:,.0f} ms | {load.cores:.2f} | {ours.load.requests / load.requests:.2f} |"
    )


if __name__ == "__main__":
    main()
