"""A workspace: the folder that one recording's files are put into, and that goes when it is done with.

All workspaces of a process lie in one folder of its own, which nobody else can read and which the process holds locked
while it lives: what a process that was killed has left is known by its lock, and `sweep` deletes it.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Protocol, runtime_checkable

from ecg.errors import UnreadableRecording
from ecg.formats import ZIP, open_files
from ecg.formats.archive import added_by_macos, unpack
from ecg.messages import listed, shortened
from ecg.reading import ReadOptions
from ecg.recording import Recording
from ecg.source import Source

MAX_FILES = 2000
PIECE = 2**20

PREFIX = "cardiode-workspaces-"
"""Of the folders of processes, among the temporary files of all others."""


@runtime_checkable
class Content(Protocol):
    """What a file is written from, such as an opened one."""

    def read(self, length: int = ..., /) -> bytes:
        """So many bytes, fewer at the end."""


class Workspace:
    """A folder of its own for the files of one upload and for its signals, as they are read; it has one owner."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(dir=_folder_of_process(os.getpid())))
        self._files = self._folder / "files"
        self._files.mkdir()
        self._parts = 0
        self._owners = 1
        self._lock = threading.Lock()

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def share(self) -> "Workspace":
        """Another owner: each of them closes it, and the last one deletes it."""
        with self._lock:
            self._owners += 1
        return self

    def add(self, name: str, content: Content) -> None:
        """Put in one file, under the last part of its name, unless macOS added it.

        Raises UnreadableRecording for a second one.
        """
        if added_by_macos(name):
            return
        with self._named(name).open("wb") as target:
            shutil.copyfileobj(content, target, PIECE)

    def part(self) -> Path:
        """Where a file may be written that is then taken in under its name; none is there yet."""
        self._parts += 1
        return self._folder / f"part-{self._parts}"

    def take(self, name: str, part: Path) -> None:
        """Put in a file that `part` has given. Raises what `add` raises."""
        if added_by_macos(name):
            part.unlink()
        else:
            part.rename(self._named(name))

    def _named(self, name: str) -> Path:
        file = self._files / _bare(name)
        if file.exists():
            raise UnreadableRecording(f"got two files of the name {shortened(file.name)}; send each once")
        return file

    def open_beside(self, file: Path, options: ReadOptions, max_bytes: int) -> Source:
        """The recording of a file that lies elsewhere, as its owner says; a header's signal files lie beside it.

        Raises what `open` raises.
        """
        if not file.is_file():
            raise UnreadableRecording(f"there is no file {file}")
        if file.suffix.lower() != ZIP:
            return open_files([file], options)
        with file.open("rb") as archive:
            self.add(file.name, archive)
        return self.open(options, max_bytes)

    def open(self, options: ReadOptions, max_bytes: int) -> Source:
        """The recording that the files make up; zips are unpacked to `max_bytes` at most.

        Raises UnreadableRecording, InvalidSignals and LargeRecording.
        """
        files = sorted(self._files.iterdir())
        archives = [file for file in files if file.suffix.lower() == ZIP]
        if archives and len(files) > 1:
            names = listed(file.name for file in files)
            raise UnreadableRecording(f"got {names}: expected one zip that holds all, or files without a zip")
        for archive in archives:
            unpacked = self._folder / "unpacked"
            unpacked.mkdir()
            files = unpack(archive, unpacked, max_bytes)
        return open_files(files, options)

    def store(self, source: Source, max_values: int, progress: Callable[[float], object] | None = None) -> Recording:
        """The recording, read to disk: it lasts as long as the workspace. Raises what `Source.store` raises."""
        recording = source.store(self._folder / "signals.float32", max_values, progress)
        for folder in (self._files, self._folder / "unpacked"):
            shutil.rmtree(folder, ignore_errors=True)
        return recording

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            self._owners -= 1
            last = not self._owners
        if last:
            shutil.rmtree(self._folder, ignore_errors=True)


def sweep() -> int:
    """Delete what processes of this user that have ended left of their workspaces, and count those processes."""
    swept = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # others may sweep at the same time
            if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: its process lives
                shutil.rmtree(folder)
                swept += 1
            finally:
                os.close(lock)
    return swept


@cache
def _folder_of_process(process: int) -> Path:
    """That of this process, whose id is `process`; a forked one makes another."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))  # of mode 0700
        if _locked(folder):
            atexit.register(_remove_own, folder, process)
            return folder


def _locked(folder: Path) -> bool:
    """Lock a new folder until the process ends, however it ends; whether nobody swept it before."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    if not folder.exists():
        os.close(lock)
        return False
    return True


def _remove_own(folder: Path, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def _bare(name: str) -> str:
    """The last part of a name, which must be one: browsers may send folders too."""
    bare = PurePosixPath(name.replace("\\", "/")).name
    encoded = bare.encode(errors="replace")
    if bare in ("", ".", "..") or "\0" in bare or len(encoded) > 200 or encoded.decode() != bare:
        raise UnreadableRecording(f"got a file of the name {shortened(name)!r}, expected one such as 100.hea")
    return bare
