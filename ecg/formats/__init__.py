"""File formats of recordings: one module a format, and which of them some files are in."""

from collections.abc import Sequence
from pathlib import Path

from ecg.errors import UnreadableRecording
from ecg.formats.csv import open_csv
from ecg.formats.edf import open_edf
from ecg.formats.wfdb import open_record
from ecg.formats.wfdb.header import MAX_HEADER, SUFFIX
from ecg.messages import listed
from ecg.reading import ReadOptions
from ecg.source import Source

EXTENSIONS = {SUFFIX: "WFDB header", ".edf": "EDF", ".csv": "CSV", ".tsv": "CSV", ".txt": "CSV"}
ZIP = ".zip"


def open_files(files: Sequence[Path], options: ReadOptions = ReadOptions()) -> Source:
    """The one recording that these files, which lie in one folder, make up.

    Raises UnreadableRecording, also where they are none or several, and InvalidSignals.
    """
    headers = _tops([file for file in files if file.suffix.lower() == SUFFIX])
    found = headers or [file for file in files if file.suffix.lower() in EXTENSIONS]
    if len(found) != 1:
        names = listed(file.name for file in files) or "no file"
        inner = any(file.suffix.lower() == ZIP for file in files) and not found
        raise UnreadableRecording(
            f"got {names}: that is {len(found) or 'no'} recording{'s' if len(found) > 1 else ''}; expected one: a WFDB "
            "header (.hea) with its signal files, an EDF (.edf) or a CSV (.csv), or a zip of them"
            + ("; a zip within a zip is not unpacked" if inner else "")
        )
    match EXTENSIONS[found[0].suffix.lower()]:
        case "EDF":
            return open_edf(found[0], options)
        case "CSV":
            return open_csv(found[0], options)
        case _:
            return open_record(found[0], options)


def _tops(headers: Sequence[Path]) -> list[Path]:
    """The headers that are no segments of another one."""
    if len(headers) < 2:
        return list(headers)
    stems = {header.stem for header in headers}
    named = set().union(*((_first_words(header) & stems) - {header.stem} for header in headers))
    return [header for header in headers if header.stem not in named]


def _first_words(header: Path) -> set[str]:
    """Those of the lines that name segments, if any do."""
    lines = header.read_bytes()[:MAX_HEADER].decode("ascii", "replace").splitlines()[1:]
    return {line.split(maxsplit=1)[0] for line in lines if line.strip()}
