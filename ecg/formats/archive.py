"""Zip archives: what a stranger has packed is unpacked within limits, and only into one folder."""

import stat
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from ecg.errors import EcgError, LargeRecording, UnreadableRecording
from ecg.messages import reason, shortened

MAX_FILES = 2000
PIECE = 2**20

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of the others zipfile unpacks as much at once as a few bytes may hold."""

MACOS_FOLDER, MACOS_FILE, MACOS_PREFIX = "__MACOSX", ".DS_Store", "._"


def unpack(archive: Path, folder: Path, max_bytes: int) -> list[Path]:
    """The files of the archive, in the folder, but for what macOS adds; folders within it are forgotten.

    Raises UnreadableRecording for what is no zip, for links, for names outside of it, for two files of one name and for
    encrypted ones, and LargeRecording for more than `max_bytes` when unpacked, whatever the archive says of itself.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [e for e in opened.infolist() if not e.is_dir() and not added_by_macos(e.filename)]
            names = [_name(archive, entry) for entry in entries]
            _check_names(archive, names)
            left = max_bytes
            for entry, name in zip(entries, names, strict=True):
                left -= _unpack(archive, opened, entry, folder / name, left)
    except EcgError:
        raise
    except Exception as error:  # a parser of strangers' files may raise anything
        raise UnreadableRecording(f"{archive.name} is no zip that can be unpacked: {reason(error, archive)}") from error
    return [folder / name for name in names]


def added_by_macos(name: str) -> bool:
    """Whether a file of this name, with its folders, is none of the sender's own: macOS puts them beside others."""
    path = PurePosixPath(name)
    return MACOS_FOLDER in path.parts or path.name == MACOS_FILE or path.name.startswith(MACOS_PREFIX)


def _name(archive: Path, entry: zipfile.ZipInfo) -> str:
    path, shown = PurePosixPath(entry.filename.replace("\\", "/")), repr(shortened(entry.filename))
    if path.is_absolute() or ".." in path.parts or ":" in entry.filename or "\0" in entry.filename or not path.name:
        raise UnreadableRecording(f"{archive.name} names {shown}, which is not within it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnreadableRecording(f"{archive.name} holds the link {shown}; put in the file itself")
    if entry.compress_type not in METHODS:
        raise UnreadableRecording(f"{archive.name} packs {shown} by another method than deflate; use that")
    if entry.flag_bits & 1:
        raise UnreadableRecording(f"{archive.name} is encrypted; send it without a password")
    return path.name


def _check_names(archive: Path, names: Sequence[str]) -> None:
    if len(names) > MAX_FILES:
        raise UnreadableRecording(f"{archive.name} holds {len(names):,} files, expected at most {MAX_FILES:,}")
    for name, count in Counter(names).items():
        if count > 1:
            raise UnreadableRecording(
                f"{archive.name} holds {count:,} files of the name {shortened(name)}, expected one recording, each of "
                "whose files has another name"
            )


def _unpack(archive: Path, opened: zipfile.ZipFile, entry: zipfile.ZipInfo, file: Path, limit: int) -> int:
    written = 0
    with opened.open(entry) as packed, file.open("xb") as target:
        while piece := packed.read(PIECE):
            written += len(piece)
            if written > limit:
                raise LargeRecording(f"{archive.name} is too large when unpacked; send less at once")
            target.write(piece)
    return written
