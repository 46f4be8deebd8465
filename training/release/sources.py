"""Where a run finds what it learns from, and what was decided before."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import torch

from training.data.databases import data_folder
from training.data.dataset import BEATS_FILE, Dataset, load_or_build
from training.synthesis.store import Store

EXAMPLES = Path("runs/examples")
"""Where examples of whole recordings are kept, for all runs."""

CORES = os.cpu_count() or 1


@dataclass(frozen=True)
class Sources:
    """`data` is the folder of the databases, `beats` the file of the benchmark's prepared beats.

    `out_of_fold` is the file of decisions out of fold, which is in the run's folder where none is given.
    """

    data: Path = field(default_factory=data_folder)
    beats: Path = BEATS_FILE
    out_of_fold: Path | None = None
    store: Store = field(default_factory=lambda: Store(EXAMPLES, CORES))

    def benchmark(self) -> Dataset:
        """The prepared beats: see `load_or_build`."""
        return load_or_build(self.beats, self.data)

    def processes(self, device: torch.device) -> int:
        """How many networks are trained at once: one a core, but one alone on a GPU."""
        return self.store.processes if device.type == "cpu" else 1
