"""A store of examples: a folder that keeps what was made of each group of recordings, for all runs.

A file's name holds the hashes of the recordings and of how examples are made of them; what has changed is made anew.
"""

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from tqdm import tqdm

import ecg
import training.synthesis
from models.process import use_one_core
from training.data.dataset import Dataset, load, save
from training.data.groups import Group
from training.synthesis.disturbance import Disturber
from training.synthesis.examples import Synthesis, make_examples

AS_THEY_ARE = Synthesis(disturbed=0, composed=0)


@dataclass(frozen=True)
class Store:
    """Examples in the folder, made by so many processes at once where they are missing."""

    folder: Path
    processes: int = 1

    def examples(self, groups: Sequence[Group], synthesis: Synthesis) -> Dataset:
        """Those of all groups, in half precision. Raises MissingData and UnreadableRecording."""
        self.make(groups, synthesis)
        return Dataset.joined([load(self._file(group, synthesis)) for group in groups])

    def as_they_are(self, groups: Sequence[Group], synthesis: Synthesis) -> Dataset:
        """Those of recordings that were not made of others, as `examples` has them where all that is made is there."""
        if all(self._file(group, synthesis).exists() for group in groups):
            return Dataset.joined([load(self._file(group, synthesis)).as_they_are for group in groups])
        return self.examples(groups, AS_THEY_ARE)

    def make(self, groups: Sequence[Group], synthesis: Synthesis) -> None:
        """Make those that are missing. Raises MissingData and UnreadableRecording."""
        files = ((group, self._file(group, synthesis)) for group in groups)
        jobs = [(group, file) for group, file in files if not file.exists()]
        if not jobs:
            return
        with tqdm(desc="making examples", total=len(jobs), unit="group", disable=None) as bar, self._workers() as pool:
            work = partial(_make_one, synthesis)
            made: Iterable[None] = pool.map(work, jobs) if pool else map(work, jobs)
            for _ in made:
                bar.update()

    def _workers(self) -> Executor | nullcontext[None]:
        if self.processes < 2:
            return nullcontext()
        # A forked process would inherit torch's threads in whatever state they are.
        return ProcessPoolExecutor(self.processes, mp_context=get_context("spawn"), initializer=use_one_core)

    def _file(self, group: Group, synthesis: Synthesis) -> Path:
        made = AS_THEY_ARE if group.database.weak else synthesis  # nothing is made of what is labelled as a whole
        way = f"{made.model_dump_json()} {code_sha256()}"
        return self.folder / (
            f"{group.database.name}-{group.names[0]}-{group.sha256[:12]}-"
            f"{hashlib.sha256(way.encode()).hexdigest()[:8]}.npz"
        )


@cache
def code_sha256() -> str:
    """The hash of all code that examples are made by: whatever changes in it, they are made anew."""
    digest = hashlib.sha256()
    for package in (ecg, training.synthesis):
        folder = Path(package.__path__[0])
        for file in sorted(folder.rglob("*.py")):
            place = file.relative_to(folder)
            if place.parts[0] != "scoring":  # which looks at what was made
                digest.update(f"{place} ".encode() + file.read_bytes())
    return digest.hexdigest()


def _make_one(synthesis: Synthesis, job: tuple[Group, Path]) -> None:
    group, file = job
    examples = make_examples(group, Disturber.read(group.data), synthesis)
    save(replace(examples, values=examples.values.astype(np.float16)), file)
