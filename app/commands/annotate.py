"""`python -m app annotate`: recordings in, annotated recordings out, without a server."""

import argparse
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from tqdm import tqdm

from app.http.schemas import METHODS, SolverRequest
from app.recordings.analysis import share_done, solver_of
from app.recordings.forms import CSV, EXTENSIONS, JSON, WFDB, Answer
from app.recordings.schemas import describe
from app.recordings.workspace import Workspace
from app.registry.models import ServedModel, ServedModels
from app.settings import Settings
from ecg import LABELS, EcgError, Recording, choose_leads
from ecg.units import UNITS
from models import AnnotatedPart, AnnotatedRecording, ModelError, Solver, annotate_recording
from models.checkpoint.abstention import ALL, confidence_for
from ode import InvalidSolver

FORMATS = {"csv": CSV, "json": JSON, "wfdb": WFDB}
MISSING = "-"
READING = 0.2
"""Of the progress that is shown."""
COLUMNS = ["file", "lead", "minutes", "beats", *LABELS, "none", "beats a minute", "written"]

HELP = """\
Find, cut and classify the beats of recordings, and write beside them, or into --out, what was found.

examples:
  python -m app annotate 100.hea                       writes 100.csv: a row a beat
  python -m app annotate data/*.hea --format wfdb      writes data/NAME.cde, which wfdb.rdann and PhysioNet's tools read
  python -m app annotate night.edf --out results --format json
  python -m app annotate ecg.csv --fs 250 --unit uV --lead II --model resnet
"""
EPILOG = """\
A FILE is a WFDB header (.hea; its signal files lie beside it), an EDF (.edf), a CSV (.csv) or a zip of one of these.
A file that cannot be worked on does not stop the others: it is told, and the exit code is then 1.
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
    parser.add_argument("--fs", type=float, help="samples a second of a CSV without a column of times")
    parser.add_argument("--unit", choices=UNITS, default="mV", help="of a CSV that does not say (default: mV)")
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
    try:
        model = ServedModels.load([arguments.model] if arguments.model else settings.model_names).for_recordings
        solver = _solver(arguments, model)
        confidence_for(model.classifier.abstention, arguments.coverage)
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
        outcomes.append(_annotate(file, arguments, settings, model, solver, taken))
    print(table(outcomes))
    return int(any(outcome.error for outcome in outcomes))


def _solver(arguments: argparse.Namespace, model: ServedModel) -> Solver | None:
    asked = {name: getattr(arguments, name) for name in ("method", "rtol", "atol", "step")}
    given = {name: value for name, value in asked.items() if value is not None}
    return solver_of(model, SolverRequest.model_validate(given) if given else None)


def _annotate(
    file: Path,
    arguments: argparse.Namespace,
    settings: Settings,
    model: ServedModel,
    solver: Solver | None,
    taken: Collection[Path | None],
) -> Outcome:
    workspace = Workspace()
    try:
        target = _target(file, arguments, taken)
        with tqdm(
            total=100, desc=file.name, unit="%", disable=None, bar_format="{desc}: {percentage:3.0f}% |{bar}|"
        ) as bar:
            source = workspace.open_beside(
                file, fs=arguments.fs, unit=arguments.unit, max_bytes=settings.max_recording_bytes
            )
            recording = workspace.store(
                source, settings.max_recording_values, lambda share: _show(bar, READING * share)
            )
            whole = _classified(recording, arguments, model, solver, bar)
        _write(target, whole, FORMATS[arguments.format], model)
    except (EcgError, OSError) as error:
        return Outcome(file, None, None, str(error))
    finally:
        workspace.close()
    return Outcome(file, target, whole, None)


def _classified(
    recording: Recording, arguments: argparse.Namespace, model: ServedModel, solver: Solver | None, bar: "tqdm[Any]"
) -> AnnotatedRecording:
    leads = choose_leads(recording, arguments.lead)
    parts: list[AnnotatedPart] = []
    for part in annotate_recording(model.classifier, recording, leads, solver, coverage=arguments.coverage):
        parts.append(part)
        _show(bar, READING + (1 - READING) * share_done(part, recording))
    return AnnotatedRecording.of(recording, leads, parts)


def _show(bar: "tqdm[Any]", share: float) -> None:
    bar.update(100 * share - bar.n)


def _target(file: Path, arguments: argparse.Namespace, taken: Collection[Path | None]) -> Path:
    target: Path = (arguments.out or file.parent) / f"{file.stem}.{EXTENSIONS[FORMATS[arguments.format]]}"
    if target in taken or (target.exists() and file.exists() and target.samefile(file)):
        raise FileExistsError(f"{target} is another recording's, or this one itself; say with --out where to write")
    return target


def _write(target: Path, whole: AnnotatedRecording, media_type: str, model: ServedModel) -> None:
    head = describe(whole.recording, whole.lead, model.identity, kept_as=None, whole=whole)
    with target.open("wb") as opened:
        for piece in Answer(head, whole).written(media_type):
            opened.write(piece)


def table(outcomes: Sequence[Outcome]) -> str:
    """What became of each file, in columns that line up; reasons and errors below."""
    rows = [COLUMNS, *(_row(outcome) for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    notes = [(outcome.file, outcome.error or (outcome.whole and outcome.whole.reason)) for outcome in outcomes]
    return "\n".join(lines + [f"{file}: {note}" for file, note in notes if note])


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
