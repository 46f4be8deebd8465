"""Readers: what becomes of the files that people have?

`python -m benchmarks.readers` (cases, svdb, vfdb, cudb and cinc2017 in CARDIODE_DATA, where they are) reads them all,
writes a recording in every format that wfdb writes and reads it back, and counts what was read, what was refused
rightly, and what was wrong, which it lists. A case is read if its rate is right, and where they hang on the reader its
beats (within two) are; a recording of a database if its signals are those that wfdb reads.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import wfdb
from tqdm import tqdm

from benchmarks import explain
from ecg import EcgError, Recording, choose_leads, find_beats
from ecg.formats import open_files
from ecg.reading import ReadOptions
from ecg.synthetic import synthesize
from ecg.units import millivolts
from training.data.databases import data_folder

BEATS_OFF = 2
DATABASES = {"svdb": {"uncalibrated"}, "vfdb": set[str](), "cudb": set[str](), "cinc2017": set[str]()}
"""The warnings that recordings of each rightly give."""

FORMATS = {"16": 1000, "24": 1000, "32": 1000, "80": 25, "212": 200, "508": 25, "516": 1000, "524": 1000}
"""That wfdb writes, with units a mV that fit in them."""

FRAMES = (1, 3)
"""Samples a frame."""


@dataclass(frozen=True)
class Right:
    """What a file of the cases is read as; `beats` where they hang on the reader alone, not on the detector.

    `warns` None leaves it to the reader whether it has something to warn of.
    """

    fs: float
    beats: int | None = None
    leads: int = 1
    warns: tuple[str, ...] | None = None
    options: ReadOptions = field(default_factory=ReadOptions)


CASES: dict[str, Right | str] = {
    "csv-apple-watch/apple_en.csv": Right(512, 22),
    "csv-blanks-between/rdsamp.txt": Right(250, 22),
    "csv-column-that-is-no-lead/with_hr.csv": Right(250, 104),
    "csv-column-that-is-no-lead/without_hr.csv": Right(250, 104),
    "csv-dates/iso.csv": Right(250, 22),
    "csv-dates/rdsamp_time_and_date.csv": Right(250, 22),
    "csv-dates/space_and_zone.csv": Right(250, 22),
    "csv-decimal-comma/semicolons.csv": Right(250, 22),
    "csv-no-names-time-first/syn60_no_names.csv": Right(250, 60),
    "csv-polar-sensor-logger/psl.txt": Right(130, 22),
    "csv-preamble/biosppy.txt": Right(250, 22),
    "csv-preamble/hash_comments.csv": Right(250, 22),
    "csv-preamble/key_value_lines.csv": Right(250, 22),
    "csv-preamble/opensignals.txt": Right(250, 22),
    "csv-preamble/units_row_in_parentheses.csv": Right(250, 22),
    "csv-rounded-times/packets_of_25.csv": Right(250, 22),
    "csv-rounded-times/two_decimals.csv": Right(250, 22),
    "csv-text-in-a-column/note_column.csv": Right(250, 22),
    "csv-volts/volts.csv": Right(250, 22, warns=("unit_guessed",)),
    "csv-whole-milliseconds/ms.csv": Right(250, 22),
    "csv-whole-milliseconds/msec.csv": Right(250, 22),
    "dead-second-lead/both.hea": Right(250, leads=2),
    "dead-second-lead/dead.hea": Right(250, leads=2),
    "dead-second-lead/one.hea": Right(250),
    "deaf-after-artefact/drop.hea": Right(250),
    "deaf-after-artefact/syn_burst.hea": Right(250),
    "edf-as-rec/record.rec": Right(256, 33),
    "edf-ecg-not-the-fastest/psg_chin512.edf": Right(256, 33),
    "edf-numbers-as-others-write-them/float_digital.edf": Right(256, 33),
    "edf-one-dead-channel-refuses-all/dead_channel.edf": Right(256, 33),
    "edf-truncated/never_closed.edf": Right(256, 33, warns=("truncated",)),
    "edf-truncated/truncated.edf": Right(256, 32, warns=("truncated",)),
    "edf-unit-missing-or-odd/unit_empty.edf": Right(256, 33, warns=("unit_guessed",)),
    "edf-unit-missing-or-odd/unit_utf8_micro.edf": Right(256, 33),
    "kaggle-rows/mitbih_rows.csv": "/classify",
    "leading-flat/syn_nolead.hea": Right(250),
    "leading-flat/syn_zero10.hea": Right(250),
    "mains-hum/hum100uV.hea": Right(250),
    "mains-hum/hum300uV.hea": Right(250),
    "mains-hum/hum50uV.hea": Right(250),
    "one-lead-misses-wide-beats/both.hea": Right(250, leads=2),
    "one-lead-misses-wide-beats/one.hea": Right(250),
    "rate-over-240/hr240.hea": Right(250),
    "wfdb-frame-rate-below-50/edf2mit.hea": Right(200, 33),
}
"""What each file is read as, or what the refusal says."""


@dataclass(frozen=True)
class Outcome:
    """`kind` is `read`, `refused rightly` or `wrong`; `detail` says what is wrong."""

    kind: str
    name: str
    detail: str = ""


def main() -> None:
    explain(__doc__)
    folder = data_folder()
    for title, outcomes in {
        "cases": cases(folder / "cases"),
        **{name: database(folder / name, warns) for name, warns in DATABASES.items()},
        "written by wfdb": written(),
    }.items():
        show(title, list(tqdm(outcomes, desc=title, unit="file", disable=None)))


def show(title: str, outcomes: list[Outcome]) -> None:
    counts = Counter(outcome.kind for outcome in outcomes)
    print(f"{title}: {counts['read']} read, {counts['refused rightly']} refused rightly, {counts['wrong']} wrong")
    for outcome in outcomes:
        if outcome.kind == "wrong":
            print(f"  {outcome.name}: {outcome.detail}")


def cases(folder: Path) -> Iterator[Outcome]:
    for name, right in CASES.items():
        if (folder / name).exists():
            yield case(folder / name, right)


def case(file: Path, right: Right | str) -> Outcome:
    name = f"{file.parent.name}/{file.name}"
    options = ReadOptions() if isinstance(right, str) else right.options
    try:
        recording = open_files([file], options).read()
    except EcgError as error:
        rightly = isinstance(right, str) and right in str(error)
        return Outcome("refused rightly" if rightly else "wrong", name, f"refused: {error}")
    detail = f"expected a refusal: {right}" if isinstance(right, str) else difference(recording, right)
    return Outcome("wrong" if detail else "read", name, detail)


def difference(recording: Recording, right: Right) -> str:
    """What is not as it should be."""
    warns = tuple(dict.fromkeys(warning.kind for warning in recording.warnings))
    if (recording.fs, len(recording.leads)) != (right.fs, right.leads):
        return f"got {recording.fs:g} Hz, {recording.leads}, expected {right.fs:g} Hz, {right.leads} leads"
    if right.warns is not None and warns != right.warns:
        return f"got the warnings {warns}, expected {right.warns}"
    if right.beats is not None:
        found = sum(len(part.beats) for part in find_beats(recording, choose_leads(recording)))
        if abs(found - right.beats) > BEATS_OFF:
            return f"got {found} beats, expected {right.beats}"
    return ""


def database(folder: Path, warns: set[str]) -> Iterator[Outcome]:
    for header in sorted(folder.glob("*.hea")):
        yield as_wfdb_reads(header, warns)


def as_wfdb_reads(header: Path, warns: set[str]) -> Outcome:
    try:
        recording = open_files([header]).read()
    except EcgError as error:
        return Outcome("wrong", header.name, f"refused: {error}")
    theirs = wfdb.rdrecord(str(header.with_suffix("")))
    leads = [theirs.p_signal[:, n] * (millivolts(unit) or 1.0) for n, unit in enumerate(theirs.units)]
    others = {warning.kind for warning in recording.warnings} - warns
    if others or len(leads) != len(recording.leads):
        return Outcome("wrong", header.name, f"warnings {others}, leads {recording.leads}")
    same = np.allclose(recording.signals, np.array(leads), rtol=1e-6, atol=0, equal_nan=True)
    return Outcome("read" if same else "wrong", header.name, "" if same else "other signals than wfdb reads")


def written() -> Iterator[Outcome]:
    """A recording in each format, with one sample of a lead a frame and with several."""
    made = synthesize(20, fs=300.0, leads=("MLII", "V1"), seed=1)
    for fmt, gain in FORMATS.items():
        for frame in FRAMES:
            with tempfile.TemporaryDirectory() as folder:
                header = write(Path(folder), made, fmt, gain, frame)
                yield back(header, made, gain, f"format {fmt}, {frame} samples a frame")


def write(folder: Path, made: Recording, fmt: str, gain: int, frame: int) -> Path:
    digital = [np.round(signal.astype(float) * gain).astype(np.int64) for signal in made.signals]
    count = len(digital)
    wfdb.wrsamp(
        "made", made.fs / frame, ["mV"] * count, list(made.leads), e_d_signal=digital, fmt=[fmt] * count,
        adc_gain=[float(gain)] * count, baseline=[0] * count, samps_per_frame=[frame] * count, write_dir=str(folder),
    )  # fmt: skip
    return folder / "made.hea"


def back(header: Path, made: Recording, gain: int, name: str) -> Outcome:
    try:
        recording = open_files([header]).read()
    except EcgError as error:
        return Outcome("wrong", name, f"refused: {error}")
    same = recording.fs == made.fs and recording.leads == made.leads and not recording.warnings
    same = same and np.abs(recording.signals - made.signals).max() <= 0.51 / gain
    return Outcome("read" if same else "wrong", name, "" if same else "another recording than was written")


if __name__ == "__main__":
    main()
