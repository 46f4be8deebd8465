"""The contract: does the service keep to its own description, whatever it is asked?

`python -m soak.contract [EXAMPLES]` starts the service, with API keys, and asks it EXAMPLES (10,000) times or more what
`/openapi.json` allows and what it forbids, route by route and in sequences that belong together (Schemathesis, all
checks, with what `soak.beyond_schemas` knows besides). No answer may have a status, a media type or a shape that the
description does not list, none may be an error of the service's own, and what is invalid must be refused. It ends with
a summary, and 1 where a check failed. `--short` runs it once, with a few requests of each operation.
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx

from app.keys import file as keys

ROOT = Path(__file__).parents[1]

EXAMPLES = 10_000

EACH = 50
"""Requests of an operation in a run of Schemathesis, to each of its phases: a run has a seed of its own."""

PHASES = ("examples", "coverage", "fuzzing", "stateful")

SHORT_EACH, SHORT_PHASES = 8, ("examples", "fuzzing", "stateful")
"""The same where a run is to be short: some 200 requests."""

SETTINGS = {"CARDIODE_PORT": "0", "CARDIODE_RECORDINGS_KEPT": "1000"}
"""As many recordings are kept as are made: that one has made place for others is no broken promise."""

START_SECONDS = 120
REQUEST_SECONDS = 60
"""That an answer may take: twice the usual deadline, since this finds what is wrong, and benchmarks what is slow."""


@dataclass(frozen=True)
class Service:
    """The service that runs there, and a key for all that it does."""

    address: str
    key: str

    @property
    def authorization(self) -> str:
        """The header that the key is sent in."""
        return f"Bearer {self.key}"

    def internal_errors(self) -> int:
        """Errors of its own that it has counted: those in the middle of an answer do not show in its status."""
        metrics = httpx.get(f"{self.address}/metrics", headers={"Authorization": self.authorization}).text
        counted = re.search(r'^cardiode_errors_total{kind="internal"} (\S+)$', metrics, re.MULTILINE)
        return int(float(counted[1])) if counted else 0


@dataclass(frozen=True)
class Outcome:
    """What a run of Schemathesis came to."""

    cases: int
    failures: int
    finished: bool
    """Whether it looked at every operation."""


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Service]:
    """The released models, served with API keys, by a process that writes its log into the folder."""
    file, log = folder / "keys.jsonl", folder / "log.jsonl"
    key = keys.add(file, "contract", "admin", None)
    own = {name: value for name, value in os.environ.items() if not name.startswith("CARDIODE_")}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "app"], env=own | SETTINGS | {"CARDIODE_API_KEYS_FILE": str(file)}, stderr=errors
        )
    try:
        yield Service(_address(process, log), key)
    finally:
        process.terminate()
        process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        if address := re.search(r"running on (http://[0-9.:]+)", log.read_text()):
            return address[1]
        time.sleep(0.1)
    raise RuntimeError(f"the service did not start: {log.read_text()}")


def examine(service: Service, seed: int, each: int = EACH, phases: Sequence[str] = PHASES) -> Outcome:
    """Run Schemathesis once, which prints what it does and finds."""
    with tempfile.TemporaryDirectory(prefix="contract-") as folder:
        report = Path(folder) / "report.json"
        asked = {
            "header": f"Authorization: {service.authorization}",
            "checks": "all",
            "phases": ",".join(phases),
            "max-examples": each,
            "seed": seed,
            "generation-database": "none",
            "request-timeout": REQUEST_SECONDS,
            "max-response-time": REQUEST_SECONDS,
            "report": "json",
            "report-json-path": report,
        }
        subprocess.run(  # noqa: S603 - all of it is ours
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{service.address}/openapi.json"),
                *("--continue-on-failure", "--warnings", "off"),
                *(f"--{name}={value}" for name, value in asked.items()),
            ],
            env=os.environ | {"SCHEMATHESIS_HOOKS": "soak.beyond_schemas", "PYTHONPATH": str(ROOT)},
            cwd=folder,
        )
        written = json.loads(report.read_text())
    return Outcome(
        cases=written["test_cases"]["generated"],
        failures=written["test_cases"]["unique_failures"] + len(written["errors"]),
        finished=written["complete"] and written["operations"]["tested"] == written["operations"]["total"],
    )


def examine_often(service: Service, examples: int, seed: int) -> list[Outcome]:
    """Runs until so many requests were sent; each has a seed of its own, the first of them this one."""
    outcomes: list[Outcome] = []
    while sum(outcome.cases for outcome in outcomes) < examples:
        outcomes.append(examine(service, seed + len(outcomes)))
        if not outcomes[-1].finished:
            break  # the service may have ended: others would come to nothing too
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", nargs="?", type=int, default=EXAMPLES, help=f"requests, at least ({EXAMPLES})")
    parser.add_argument("--seed", type=int, default=0, help="of the first run; each further one has the next (0)")
    parser.add_argument("--short", action="store_true", help="one run of a few requests, whatever EXAMPLES says")
    asked = parser.parse_args()
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="contract-") as folder, serving(Path(folder)) as service:
        if asked.short:
            outcomes.append(examine(service, asked.seed, SHORT_EACH, SHORT_PHASES))
        else:
            outcomes += examine_often(service, asked.examples, asked.seed)
        internal = service.internal_errors()
    cases, failures = sum(outcome.cases for outcome in outcomes), sum(outcome.failures for outcome in outcomes)
    unfinished = sum(not outcome.finished for outcome in outcomes)
    print(
        f"{len(outcomes)} runs, {cases:,} requests: {failures} different failures, {internal} errors of the service's "
        f"own, {unfinished} runs that did not look at every operation"
    )
    return 1 if failures or internal or unfinished else 0


if __name__ == "__main__":
    sys.exit(main())
