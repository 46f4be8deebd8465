"""The frameworks: how each is started in a process of its own, and stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.load import JSON, RAW
from benchmarks.services.setup import Setup

ROOT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
"""Each worker solves on one core: two threads on one batch wait for each other when HTTP takes a core from one."""
START_SECONDS = 240
STOP_SECONDS = 30


@dataclass(frozen=True)
class Framework:
    """What a Python that has it runs to serve the classifier, and which bodies it takes."""

    name: str
    command: tuple[str, ...]
    kinds: tuple[str, ...] = (JSON,)
    environment: dict[str, str] = field(default_factory=dict)


RAY_ENVIRONMENT = {
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}
PLAIN = Framework("FastAPI", ("-m", "benchmarks.services.plain"), (RAW,))
"""Which needs no Python of its own."""
FRAMEWORKS = (
    Framework("LitServe", ("-m", "benchmarks.services.litserve")),
    Framework("BentoML", ("-m", "benchmarks.services.bentoml"), environment={"BENTOML_DO_NOT_TRACK": "true"}),
    Framework("Ray Serve", ("-m", "benchmarks.services.ray_serve"), (JSON, RAW), RAY_ENVIRONMENT),
)


def packages(text: str) -> list[str]:
    """The names in a requirements file that pins each."""
    lines = [line for line in text.splitlines() if "==" in line]
    return [line.partition("==")[0].partition("[")[0] for line in lines]


def versions(python: Path) -> str:
    """The frameworks that a Python has, and their versions. Ends the benchmark where one is missing."""
    names = packages(REQUIREMENTS.read_text())
    code = f"from importlib.metadata import version; print(', '.join(f'{{n}} {{version(n)}}' for n in {names}))"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - the caller's own Python
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(
            f"expected a Python that has {', '.join(names)}, got {python}: {error}; --help says how to install them"
        )


@contextmanager
def served_by(framework: Framework, setup: Setup, python: Path) -> Iterator[str]:
    """The address of a framework's service, once all its workers have loaded the classifier and it listens."""
    log = Path(setup.folder) / "log"
    environment = os.environ | ENVIRONMENT | framework.environment | setup.environment()
    with log.open("wb") as output:
        # A session of its own shows which processes belong to it.
        process = subprocess.Popen(  # noqa: S603 - the caller's own Python
            [python, *framework.command],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=ROOT,
        )
    try:
        end = time.monotonic() + START_SECONDS
        while not (len(setup.loaded()) >= setup.workers and listens(setup.port)):
            if process.poll() is not None or time.monotonic() > end:
                sys.exit(f"{framework.name} did not start:\n{log.read_text(errors='replace')[-5000:]}")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{setup.port}"
    finally:
        stop(process)


def listens(port: int) -> bool:
    """Whether somebody does on a port of this machine."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Have a service stop as Ctrl-C does, and end what is left of it."""
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    while left := members(process.pid):
        for member in left:
            with suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        time.sleep(0.05)
    process.wait()


def members(session: int) -> list[int]:
    """The processes of a session that live, however they are grouped."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            state, _, _, its_session, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(its_session) == session and state != "Z":
                found.append(int(entry.name))
    return found
