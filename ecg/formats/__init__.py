"""File formats of recordings: one reader a format, one table of them, and which of them some files are in."""

from collections.abc import Sequence
from pathlib import Path

from ecg.errors import UnreadableRecording
from ecg.formats.dicom import is_dicom, open_dicom
from ecg.formats.edf import is_edf, open_edf
from ecg.formats.foreign import FOREIGN
from ecg.formats.format import Format, first_bytes
from ecg.formats.ishne import is_ishne, open_ishne
from ecg.formats.matlab import is_matlab, open_matlab
from ecg.formats.scp import is_scp, open_scp
from ecg.formats.table import open_table
from ecg.formats.wfdb import open_record
from ecg.formats.wfdb.header import MAX_HEADER, SUFFIX
from ecg.formats.xml import is_aecg, is_muse, is_philips, open_aecg, open_muse, open_philips
from ecg.messages import listed
from ecg.reading import ReadOptions
from ecg.source import Source

WFDB = Format("WFDB", (SUFFIX,), open_record)

FORMATS = (
    WFDB,
    Format("EDF", (".edf", ".rec"), open_edf, is_edf),
    Format("BDF", (".bdf",), open_edf, is_edf),
    Format("ISHNE", (".ecg", ".ish", ".ishne"), open_ishne, is_ishne),
    Format("SCP-ECG", (".scp", ".scp-ecg"), open_scp, is_scp),
    Format("DICOM", (".dcm", ".dicom"), open_dicom, is_dicom, "dicom"),
    Format("HL7 aECG", (".xml", ".aecg"), open_aecg, is_aecg),
    Format("MUSE XML", (".xml",), open_muse, is_muse),
    Format("Philips XML", (".xml",), open_philips, is_philips),
    Format("MAT", (".mat",), open_matlab, is_matlab),
    Format("CSV", (".csv", ".tsv", ".txt"), open_table),
)
"""In the order in which a file's first bytes are held against them."""

ZIP = ".zip"


def open_files(files: Sequence[Path], options: ReadOptions = ReadOptions()) -> Source:
    """The one recording that these files, which lie in one folder, make up.

    They are known by their content, or else by their names. Raises UnreadableRecording, also where they are none or
    several and where they are in a format that has no reader, MissingReader where one has to be installed, and
    InvalidSignals.
    """
    headers = _tops([file for file in files if file.suffix.lower() == SUFFIX])
    found = [(WFDB, header) for header in headers] or _known(files)
    if len(found) != 1:
        raise _not_one(files, len(found))
    chosen, file = found[0]
    return chosen.open(file, options)


def _known(files: Sequence[Path]) -> list[tuple[Format, Path]]:
    """The files that are recordings by their content; where there is none, those that are by their names."""
    beginnings = {file: first_bytes(file) for file in files}
    by_content = [
        (chosen, file)
        for file, first in beginnings.items()
        if (chosen := next((one for one in FORMATS if one.recognises(first)), None)) is not None
    ]
    return by_content or [
        (one, file)
        for file, first in beginnings.items()
        for one in FORMATS
        if file.suffix.lower() in one.extensions and not any(foreign.is_that_of(file, first) for foreign in FOREIGN)
    ]


def _not_one(files: Sequence[Path], found: int) -> UnreadableRecording:
    names = listed(file.name for file in files) or "no file"
    for file in files if not found else ():
        for foreign in FOREIGN:
            if foreign.is_that_of(file, first_bytes(file)):
                return UnreadableRecording(f"{file.name} is {foreign.name}, which has no reader here; {foreign.advice}")
    inner = any(file.suffix.lower() == ZIP for file in files) and not found
    return UnreadableRecording(
        f"got {names}: that is {found or 'no'} recording{'s' if found > 1 else ''}; expected one: a WFDB header "
        f"({SUFFIX}) with its signal files, or a file of one of: {', '.join(one.name for one in FORMATS[1:])}; or a "
        "zip of them" + ("; a zip within a zip is not unpacked" if inner else "")
    )


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
