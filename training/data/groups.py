"""Groups: the recordings of some patients of one database, who are left out of training together."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from glob import escape
from pathlib import Path

import numpy as np

from ecg import LABELS, Label, Recording
from models.checkpoint.info import LearntFrom
from training.data.database import Database
from training.data.databases import find_part
from training.data.dataset import WEAK, Dataset


@dataclass(frozen=True)
class Group:
    """Some recordings of a database, which lies in the folder `data`; their patients lend beats to each other."""

    database: Database
    data: Path
    names: tuple[str, ...]

    def read(self) -> Iterator[Recording]:
        """Its recordings, in order. Raises UnreadableRecording."""
        return (self.database.read(self.data, name) for name in self.names)

    def weak_labels(self) -> dict[str, Label]:
        """Where recordings are labelled as a whole, the class of nearly all beats of each."""
        found = self.database.weak_labels(self.data)
        return {name: found[name] for name in self.names}

    @property
    def patients(self) -> set[str]:
        """Its patients, each by the name of one of his recordings."""
        return {self.database.patient_of(name) for name in self.names}

    @cached_property
    def sha256(self) -> str:
        """The hash of its recordings' files and names: what is made of them depends on nothing else."""
        digest = hashlib.sha256()
        for name in self.names:
            path = self.database.path(self.data, name)
            for file in sorted(path.parent.glob(f"{escape(path.name)}.*")):
                digest.update(f"{name} {file.suffix} ".encode())
                digest.update(file.read_bytes())
        return digest.hexdigest()


def groups_in(names: Sequence[str], data: Path) -> tuple[Group, ...]:
    """The groups of these databases, or parts of them, as far as their recordings are there.

    Raises UnknownDatabase and MissingData.
    """
    groups = []
    for name in names:
        database, asked = find_part(name)
        there = [one for one in database.there(data) if one in asked]
        groups += [Group(database, data, own) for own in database.groups(there)]
    return tuple(groups)


def extent_of(groups: Sequence[Group]) -> str:
    """How many recordings of each database are learnt from, of those that it has: a line for each."""
    databases = {group.database.name: group.database for group in groups}
    return "\n".join(
        f"{name}: {sum(len(group.names) for group in groups if group.database.name == name):,} of "
        f"{len(database.recordings):,} recordings"
        for name, database in databases.items()
    )


def folds_of(groups: Sequence[Group], number: int) -> tuple[tuple[Group, ...], ...]:
    """The groups of each database dealt out to so many folds; those that share a patient are in the same one."""
    folds: list[list[Group]] = [[] for _ in range(number)]
    for group in groups:

        def like(fold: list[Group], group: Group = group) -> list[Group]:
            return [one for one in fold if one.database == group.database]

        akin = [fold for fold in folds if any(one.patients & group.patients for one in like(fold))]
        least = min(folds, key=lambda fold: sum(len(one.names) for one in like(fold)))
        (akin or [least])[0].append(group)
    return tuple(tuple(fold) for fold in folds if fold)


def origins_of(groups: Sequence[Group], examples: Dataset) -> tuple[LearntFrom, ...]:
    """What a checkpoint keeps of the databases that these groups are of, of which these are the examples."""
    databases = {group.database.name: group.database for group in groups if group.database.citation}
    plain = examples.as_they_are
    names, recording = np.unique(plain.recordings, return_inverse=True)
    stems = np.array([name.rstrip(WEAK) for name in names.tolist()])
    origins = []
    for database in databases.values():
        own = [group for group in groups if group.database == database]
        read = [name for group in own for name in group.names]
        labels = plain.labels[np.isin(stems, read)[recording]]
        origins.append(
            LearntFrom(
                name=database.name,
                title=database.title,
                citation=database.citation,
                licence=database.licence,
                url=database.url,
                recordings=len(read),
                patients=len({patient for group in own for patient in group.patients}),
                patients_named=database.patients_named,
                beats={label: int((labels == place).sum()) for place, label in enumerate(LABELS)},
            )
        )
    return tuple(origins)
