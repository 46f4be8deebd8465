"""`cardiode annotate`: recordings in, annotated recordings out, without a server."""

import argparse
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from tqdm import tqdm

from app.http.schemas import METHODS, SolverRequest
from app.registry.models import Registry, ServedModels
from app.settings import Settings
from ecg import LABELS, EcgError, workspace
from ecg.reading import ReadOptions, described
from ecg.units import UNITS
from models import AnnotatedRecording, ModelError, Plan, SizeLimits, SolverSettings, annotate_file
from models.annotation.forms import CSV, JSON, WFDB
from models.checkpoint.abstention import ALL
from ode import InvalidSolver

FORMATS = {form.name: form for form in (CSV, JSON, WFDB)}
MISSING = "-"
COLUMNS = ["file", "lead", "minutes", "beats", *LABELS, "none", "beats a minute", "written"]

HELP = """\
Find, cut and classify the beats of recordings, and write beside them, or into --out, what was found.

examples:
  cardiode annotate 100.hea                       writes 100.csv: a row a beat
  cardiode annotate data/*.hea --format wfdb      writes data/NAME.cde, which wfdb.rdann and PhysioNet's tools read
  cardiode annotate night.edf --out results --format json
  cardiode annotate ecg.csv --fs 250 --unit uV --lead II --out results
"""
EPILOG = """\
A FILE is a WFDB header (.hea; its signal files lie beside it), an EDF (.edf), a table (.csv, .tsv, .txt) or a zip of
one of these. How each was read, and what may be wrong with it, is printed below.
A file that cannot be annotated does not stop the others: the table below says why, and the exit code is then 1.
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one file: its result, or why there is none."""

    file: Path
    written: Path | None
    whole: AnnotatedRecording | None
    error: str | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a recording")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder to write into; left out: beside each file")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="what to write (default: csv)")
    parser.add_argument("--lead", help="the lead to cut beats from; left out: II, or the clearest")
    parser.add_argument("--fs", type=float, help="samples a second, whatever the file says; left out: what it says")
    parser.add_argument("--unit", choices=UNITS, help="of the signals, whatever the file says; left out: what it says")
    parser.add_argument(
        "--strict",
        action=argparse.BooleanOptionalAction,
        help="refuse what is otherwise read with a warning; left out: CARDIODE_STRICT",
    )
    parser.add_argument(
        "--model",
        help="name in the zoo, or checkpoint file; left out: the first of CARDIODE_MODELS that knows recordings",
    )
    parser.add_argument("--method", choices=METHODS, help="how the model's equation is solved")
    parser.add_argument("--rtol", type=float, help="relative tolerance of the solver")
    parser.add_argument("--atol", type=float, help="absolute tolerance of the solver")
    parser.add_argument(
        "--coverage",
        type=float,
        default=ALL,
        help="share of beats to answer, 0.5 to 1: the least confident ones are abstained on (default: 1)",
    )
    parser.add_argument("--step", type=float, help="step of a method that takes it from the caller")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Annotate each file; 0 where all could be, else 1."""
    workspace.sweep()
    try:
        plan = _plan(arguments, settings)
    except ValidationError as error:
        for problem in error.errors():
            print(f"--{problem['loc'][0]}: {problem['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        return 1
    except (EcgError, ModelError, InvalidSolver) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    for file in arguments.files:
        taken = {outcome.written for outcome in outcomes}
        outcomes.append(_annotated(file, arguments, settings, plan, taken))
    print(table(outcomes))
    return int(any(outcome.error for outcome in outcomes))


def _plan(arguments: argparse.Namespace, settings: Settings) -> Plan:
    """Raises ValidationError, and what `ServedModels.load` and `Plan.of` raise."""
    served = ServedModels.load([arguments.model] if arguments.model else settings.model_names)
    return Registry(served).plan("recording", None, _settings(arguments), arguments.coverage)


def _settings(arguments: argparse.Namespace) -> SolverSettings | None:
    asked = {name: getattr(arguments, name) for name in ("method", "rtol", "atol", "step")}
    given = {name: value for name, value in asked.items() if value is not None}
    return SolverRequest.model_validate(given).settings if given else None


def _annotated(
    file: Path, arguments: argparse.Namespace, settings: Settings, plan: Plan, taken: Collection[Path | None]
) -> Outcome:
    try:
        target = _target(file, arguments, taken)
        with tqdm(
            total=100, desc=file.name, unit="%", disable=None, bar_format="{desc}: {percentage:3.0f}% |{bar}|"
        ) as bar:
            whole = annotate_file(
                file,
                plan,
                options=_options(arguments, settings),
                limits=SizeLimits(settings.max_recording_bytes, settings.max_recording_values),
                progress=lambda share: bar.update(100 * share - bar.n),
            )
        FORMATS[arguments.format].write(whole, target)
    except (EcgError, OSError) as error:
        return Outcome(file, None, None, str(error))
    return Outcome(file, target, whole, None)


def _options(arguments: argparse.Namespace, settings: Settings) -> ReadOptions:
    strict = settings.strict if arguments.strict is None else arguments.strict
    return ReadOptions(arguments.fs, arguments.unit, arguments.lead, strict)


def _target(file: Path, arguments: argparse.Namespace, taken: Collection[Path | None]) -> Path:
    form = FORMATS[arguments.format]
    target: Path = (arguments.out or file.parent) / f"{file.stem}.{form.extension}"
    others = {one for other in taken if other for one in form.files(other)}
    for one in form.files(target):
        if one in others or (one.exists() and file.exists() and one.samefile(file)):
            raise FileExistsError(
                f"{one} would overwrite another recording's result, or the recording itself; choose a folder with --out"
            )
    return target


def table(outcomes: Sequence[Outcome]) -> str:
    """What became of each file, in columns that line up; below, how it was read, reasons and errors."""
    rows = [COLUMNS, *(_row(outcome) for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines + [f"{outcome.file}: {note}" for outcome in outcomes for note in _notes(outcome)])


def _notes(outcome: Outcome) -> list[str]:
    """How a file was read, what was warned of, and why it has no beats or no result."""
    if outcome.whole is None:
        return [outcome.error or MISSING]
    recording, why = outcome.whole.recording, outcome.whole.reason
    read = [f"read as {described(recording.read_as)}"] if recording.read_as else []
    return [
        *read,
        *(f"warning ({warning.kind}): {warning.message}" for warning in recording.warnings),
        *([why] if why else []),
    ]


def _row(outcome: Outcome) -> list[str]:
    if outcome.whole is None:
        return [str(outcome.file), *[MISSING] * (len(COLUMNS) - 1)]
    whole, labels = outcome.whole, outcome.whole.beats.labels
    rate = whole.rhythm.heart_rate
    return [
        str(outcome.file),
        whole.recording.leads[whole.lead] if whole.lead is not None else MISSING,
        f"{whole.recording.seconds / 60:.1f}",
        f"{len(labels):,}",
        *[f"{labels.count(label):,}" for label in (*LABELS, None)],
        f"{rate.mean:.0f}" if rate else MISSING,
        str(outcome.written),
    ]
