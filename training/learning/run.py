"""A run on disk: its folder, the state that it resumes from, and its metrics."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch

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


def kept_epoch(validation_macro_f1: Sequence[float], first: int) -> int:
    """The epoch whose weights a run keeps: from the first of its last cycle on, the last that validated best."""
    return max(range(first, len(validation_macro_f1) + 1), key=lambda epoch: (validation_macro_f1[epoch - 1], epoch))


class Run:
    """The folder of one run. `fingerprint` tells runs apart: another recipe or other data is another run."""

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
