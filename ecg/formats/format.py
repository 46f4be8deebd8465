"""A format of recordings: how its files are known, and how they are opened."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ecg.reading import ReadOptions
from ecg.source import Source

FIRST = 4096
"""Bytes by which a file is known."""


def never(_: bytes) -> bool:
    """Of a format whose files are known by their names alone."""
    return False


@dataclass(frozen=True)
class Format:
    """One that is read. `extensions` are those of its files, with their dots.

    `recognises` says by the first bytes of a file that it is in this format, whatever its name. `extra` is what
    `pip install 'cardiode[extra]'` has to install for it, if anything.
    """

    name: str
    extensions: tuple[str, ...]
    open: Callable[[Path, ReadOptions], Source]
    recognises: Callable[[bytes], bool] = never
    extra: str | None = None


@dataclass(frozen=True)
class Foreign:
    """A format that has no reader here: `advice` says by which program it becomes one that has."""

    name: str
    advice: str
    beginnings: tuple[bytes, ...] = ()
    extensions: tuple[str, ...] = ()

    def is_that_of(self, file: Path, first: bytes) -> bool:
        """Whether a file is in it, by its first bytes or its name."""
        return first.startswith(self.beginnings) or file.suffix.lower() in self.extensions


def first_bytes(file: Path) -> bytes:
    """Those by which a file is known; none of what cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(FIRST)
    except OSError:
        return b""
