"""A workspace: the folder that one recording's files are put into, and that goes when it is done with."""

import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ecg import Recording, Source, UnreadableRecording
from ecg.formats import ZIP, open_files
from ecg.formats.archive import added_by_macos, unpack
from ecg.messages import listed, shortened

MAX_FILES = 2000
PIECE = 2**20


class Workspace:
    """A folder of its own for the files of one upload and for its signals, as they are read; it has one owner."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="cardiode-"))
        self._files = self._folder / "files"
        self._files.mkdir()
        self._owners = 1
        self._lock = threading.Lock()

    def share(self) -> "Workspace":
        """Another owner: each of them closes it, and the last one deletes it."""
        with self._lock:
            self._owners += 1
        return self

    def add(self, name: str, content: BinaryIO) -> None:
        """Put in one file, under the last part of its name, unless macOS added it.

        Raises UnreadableRecording for a second one.
        """
        if added_by_macos(name):
            return
        file = self._files / _bare(name)
        if file.exists():
            raise UnreadableRecording(f"got two files of the name {shortened(file.name)}; send each once")
        with file.open("wb") as target:
            shutil.copyfileobj(content, target, PIECE)

    def open_beside(self, file: Path, *, fs: float | None, unit: str, max_bytes: int) -> Source:
        """The recording of a file that lies elsewhere, as its owner says; a header's signal files lie beside it.

        Raises what `open` raises.
        """
        if not file.is_file():
            raise UnreadableRecording(f"there is no file {file}")
        if file.suffix.lower() != ZIP:
            return open_files([file], fs=fs, unit=unit)
        with file.open("rb") as archive:
            self.add(file.name, archive)
        return self.open(fs=fs, unit=unit, max_bytes=max_bytes)

    def open(self, *, fs: float | None, unit: str, max_bytes: int) -> Source:
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
        return open_files(files, fs=fs, unit=unit)

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


def _bare(name: str) -> str:
    """The last part of a name, which must be one: browsers may send folders too."""
    bare = PurePosixPath(name.replace("\\", "/")).name
    encoded = bare.encode(errors="replace")
    if bare in ("", ".", "..") or "\0" in bare or len(encoded) > 200 or encoded.decode() != bare:
        raise UnreadableRecording(f"got a file of the name {shortened(name)!r}, expected one such as 100.hea")
    return bare
