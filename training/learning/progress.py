"""How far a run has come: its epochs, the bar on the screen, and the folder from which it resumes."""

import csv
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from models.checkpoint.file import FILE_NAME
from training.errors import OtherRun


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave. `evaluations` is their mean a batch, 0 for a network without a solver."""

    epoch: int
    seconds: float
    beats_per_second: float
    learning_rate: float
    train_loss: float
    train_accuracy: float
    evaluations: float
    validation_accuracy: float
    validation_macro_f1: float
    peak_memory_mb: float

    def line(self, epochs: int) -> str:
        """What is printed of it, the number of all epochs known."""
        evaluations = f"{self.evaluations:.1f} evaluations  " if self.evaluations else ""
        return (
            f"epoch {self.epoch}/{epochs}  loss {self.train_loss:.4f}  accuracy {self.train_accuracy:.2%}  "
            f"validation: accuracy {self.validation_accuracy:.2%}, macro-F1 {self.validation_macro_f1:.4f}  "
            f"{self.beats_per_second:,.0f} beats/s  {evaluations}{self.seconds:,.0f} s"
        )


def kept_epoch(validation_macro_f1: Sequence[float], first: int) -> int:
    """The epoch whose weights a run keeps: from the first of its last cycle on, the last that validated best."""
    return max(range(first, len(validation_macro_f1) + 1), key=lambda epoch: (validation_macro_f1[epoch - 1], epoch))


class Progress:
    """The bar of one epoch, and the running means that it shows."""

    def __init__(self, number: int, epochs: int, batches: int) -> None:
        self.bar = tqdm(total=batches, desc=f"epoch {number}/{epochs}", unit="batch", disable=None)
        self.started = time.perf_counter()
        self.beats = self.right = self.batches_done = 0
        self.loss_sum = self.evaluations_sum = 0.0

    def follow(self, batches: tuple[Tensor, ...]) -> Iterator[Tensor]:
        """The batches, with the bar on the screen until they end."""
        with self.bar:
            yield from batches

    def add(self, loss: float, right: int, evaluations: float, beats: int) -> None:
        """Count one batch."""
        self.beats += beats
        self.right += right
        self.batches_done += 1
        self.loss_sum += loss * beats
        self.evaluations_sum += evaluations
        speed = self.beats / (time.perf_counter() - self.started)
        self.bar.set_postfix_str(
            f"loss {self.loss:.4f}, accuracy {self.accuracy:.2%}, {speed:,.0f} beats/s, "
            f"{self.evaluations:.1f} evaluations"
        )
        self.bar.update()

    @property
    def loss(self) -> float:
        """Its mean over the beats so far."""
        return self.loss_sum / self.beats

    @property
    def accuracy(self) -> float:
        """The share of the beats so far that were right."""
        return self.right / self.beats

    @property
    def evaluations(self) -> float:
        """Their mean over the batches so far."""
        return self.evaluations_sum / self.batches_done


class RunFolder:
    """The folder of one run. `fingerprint` distinguishes runs: another recipe or other data is another run."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def state_file(self) -> Path:
        """Everything that the next epoch needs."""
        return self.folder / "state.pt"

    def save_state(self, state: dict[str, Any]) -> None:
        """Write the state in one step: a run killed meanwhile still has the state before."""
        partial = self.state_file.with_suffix(".partial")
        torch.save(state | {"fingerprint": self.fingerprint}, partial)
        partial.replace(self.state_file)

    def load_state(self) -> dict[str, Any] | None:
        """The last state saved, None where there is none. Raises OtherRun where another run left it."""
        if not self.state_file.exists():
            return None
        state: dict[str, Any] = torch.load(self.state_file, map_location="cpu", weights_only=True)
        if state["fingerprint"] != self.fingerprint:
            raise self.other()
        return state

    def other(self) -> OtherRun:
        """The error for a state that this run cannot go on from."""
        return OtherRun(
            f"{self.folder} holds a run of another recipe or of other data; "
            "start afresh with --fresh, or choose another folder with --out"
        )

    def clear(self) -> None:
        """Forget what an earlier run left here."""
        for file in (self.state_file, self.folder / FILE_NAME, self.folder / "metrics.csv"):
            file.unlink(missing_ok=True)
        for file in self.folder.glob("events.out.tfevents.*"):
            file.unlink()

    def write_metrics(self, history: list[Epoch]) -> None:
        """Write a line for each epoch to metrics.csv."""
        with (self.folder / "metrics.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Epoch)])
            writer.writeheader()
            writer.writerows(asdict(epoch) for epoch in history)


def peak_memory_mb(device: torch.device) -> float:
    """The most memory this process has held: on the device where that is a GPU, else in all."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def source_commit() -> str:
    """The commit of the source that trains, with "-dirty" where it was changed since; "unknown" without a checkout."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():  # else a repository that merely surrounds an installed package would answer
        return "unknown"
    try:
        command = ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--match=", "--dirty"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - fixed
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
