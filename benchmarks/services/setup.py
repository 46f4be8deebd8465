"""The setup: how a framework is to serve the classifier, passed to its processes in the environment."""

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

VARIABLE = "BENCHMARK_SETUP"


@dataclass(frozen=True)
class Setup:
    """Port, workers, and batches of so many beats at most, which wait so many seconds at most for others.

    `request_beats` is how many beats each request carries, for a framework that counts requests. In `folder` a service
    may keep files, and its workers note that they have loaded the classifier.
    """

    model: str
    port: int
    workers: int
    batch_beats: int
    batch_wait: float
    request_beats: int
    folder: str

    @property
    def batch_requests(self) -> int:
        """Requests that make a full batch."""
        return max(self.batch_beats // self.request_beats, 1)

    def note_loaded(self) -> None:
        """Note that this process has loaded the classifier."""
        (Path(self.folder) / f"{os.getpid()}.loaded").touch()

    def loaded(self) -> list[Path]:
        """What was noted: a file of each worker."""
        return list(Path(self.folder).glob("*.loaded"))

    def environment(self) -> dict[str, str]:
        """The variable that passes it to a process."""
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls) -> Self:
        """The one that was passed to this process."""
        return cls(**json.loads(os.environ[VARIABLE]))


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
