"""The service as its operator starts it: a process of its own, which can be watched, signalled and killed."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

START_SECONDS = 120
"""In which the service must be ready."""
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Use:
    """What the service and the processes that it has started hold."""

    memory: int
    """Resident bytes."""
    handles: int
    """Open files, sockets and pipes."""
    threads: int


@dataclass(frozen=True)
class Service:
    """A process that serves on a port."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.port}"

    def children(self) -> list[int]:
        """The ids of the processes that it has started."""
        return _children(self.process.pid)

    def use(self) -> Use:
        """What is held right now."""
        uses = [_use(pid) for pid in (self.process.pid, *self.children())]
        return Use(*(sum(values) for values in zip(*uses, strict=True)))

    def get(self, path: str) -> str:
        """What it answers to a GET. Raises OSError, of which HTTPError is one."""
        with urllib.request.urlopen(f"{self.address}{path}", timeout=10) as answer:  # noqa: S310 - it is our own
            text: str = answer.read().decode()
            return text

    def refusal_of_reload(self) -> str | None:
        """Let it read its models anew: what it says where it refuses, None where it does not."""
        request = urllib.request.Request(f"{self.address}/models/reload", method="POST")  # noqa: S310 - it is our own
        try:
            urllib.request.urlopen(request, timeout=START_SECONDS).close()  # noqa: S310
        except urllib.error.HTTPError as error:
            return error.read().decode()
        return None


@contextmanager
def served(*, port: int | None = None, log: IO[bytes] | None = None, **settings: str) -> Iterator[Service]:
    """A service that is ready, on a free port where none is given; its log goes to a file that is thrown away."""
    port = port or free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("CARDIODE_")}
    environment = own | {"CARDIODE_PORT": str(port)} | settings
    with tempfile.TemporaryFile() as thrown_away:
        output = log or thrown_away
        process = subprocess.Popen([sys.executable, "-m", "app"], env=environment, stdout=output, stderr=output)
        service = Service(process, port)
        try:
            _wait_until_ready(service)
            yield service
        finally:
            process.kill()
            process.wait()


def end_by_sigterm() -> None:
    """Let SIGTERM end this command as an error does, or nobody would end the service that it has started."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server((HOST, 0)) as taken:
        number: int = taken.getsockname()[1]
        return number


def _wait_until_ready(service: Service) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and service.process.poll() is None:
        try:
            service.get("/health/ready")
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"the service did not start within {START_SECONDS} s; `cardiode serve` may say why")


def _children(pid: int) -> list[int]:
    """Their ids, and those of their own."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *_children(child)]
    return found


def _use(pid: int) -> tuple[int, int, int]:
    """Nothing of a process that has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        handles = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0, 0, 0
    memory, threads = (re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE) for name in ("VmRSS", "Threads"))
    return (1024 * int(memory[1]) if memory else 0), handles, (int(threads[1]) if threads else 0)


def kill(pid: int) -> None:
    """End a process that cannot refuse."""
    os.kill(pid, signal.SIGKILL)
