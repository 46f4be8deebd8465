"""`cardiode score`: annotations against reference annotations."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ecg.errors import InvalidComparison
from ecg.formats.wfdb import ANNOTATOR
from ecg.scoring import CLASS_OF, CLASS_OF_IN_LITERATURE, LEARNING
from ecg.scoring.matrix_report import matrix_report
from ecg.scoring.rhythm import ECTOPIES, RHYTHMS, compare_episodes, compare_runs, names_rhythms
from ecg.scoring.rhythm.episode_tables import episode_report, episode_summary_table, episode_table
from ecg.scoring.rhythm.run_tables import run_report, run_summary_table, run_table
from ecg.scoring.tables import beat_table, shutdown_summary_table, shutdown_table, summary_table
from training.data.annotations import Annotated, annotated, compare_beats, read_both, read_folders
from training.data.predictions import SUFFIX as PREDICTIONS
from training.data.predictions import read_predictions
from training.reports import scores as score_report

HELP = """\
Score annotation files against reference annotations, beat by beat, by ANSI/AAMI EC57:2012.

It prints what PhysioNet's sumstats makes of its bxb -L: a line for each recording, then gross statistics, in which
each beat weighs the same, and averages, in which each recording does. Se is sensitivity and +P positive
predictivity, in percent, of all beats (Q), ventricular (V) and supraventricular (S) ectopic ones; a hyphen stands for
what is undefined. Counts are of reference class and test class: Nv are normal beats called ventricular, On' extra
ones, No' missed ones; n', f' and the like include the classes without a column of their own. A second table shows
what was missed where the test annotator had declared the signals unreadable.

With --rhythm it compares rhythms in place of beats, and prints what sumstats makes of epicmp -L and rxr -L: episodes of
atrial fibrillation, from a rhythm change (AFIB to the next, and of ventricular fibrillation, from [ to ]; then runs of
ventricular and of supraventricular ectopic beats, as couplets (C), short (S, 3 to 5 beats) and long ones (L). Of
episodes, ESe and E+P count those that overlap with one of the other annotator's, DSe and D+P their durations."""

EXAMPLE = """cardiode score data/mitdb results

The annotations in results can be written by: cardiode annotate data/mitdb/*.hea --out results --format wfdb
In their place may be the labels of a cross-validation over patients, an .npz of the arrays recordings (the name of each
beat's recording), peaks (samples at its rate) and labels (indices of N, S, V, F, Q; -1 for none):

cardiode score data/mitdb out_of_fold.npz --start 0 --escapes-normal --intervals

Annotations with rhythm changes, of any program: cardiode score data/mitdb results --annotator tst --rhythm"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("reference", type=Path, help="folder of headers (.hea) and reference annotations")
    command.add_argument("test", type=Path, help="folder of the annotations to be scored, or an .npz of predictions")
    command.add_argument("--annotator", default=ANNOTATOR, help="extension of these (default %(default)s)")
    command.add_argument("--reference-annotator", default="atr", help="that of the reference (default %(default)s)")
    command.add_argument(
        "--start", type=float, default=LEARNING, help="seconds that are left out at first (default %(default)g)"
    )
    command.add_argument("--rhythm", action="store_true", help="compare episodes and runs in place of beats")
    command.add_argument(
        "--escapes-normal",
        action="store_true",
        help="count escape beats (e, j) as N, as most papers do; bxb counts them as S",
    )
    command.add_argument(
        "--intervals",
        action="store_true",
        help="print also between which bounds the statistics lie with 95 %% confidence, and those of three classes",
    )
    command.add_argument("--out", type=Path, help="folder for what bxb, epicmp and rxr write: bxb.out and others")


def run(options: argparse.Namespace) -> None:
    """Print the tables, and write them where that is asked for."""
    names, recordings = _read(options)
    files = _compare_rhythms(recordings, options) if options.rhythm else _compare_beats(recordings, options)
    left_out = set(annotated(options.reference, options.reference_annotator)).difference(names)
    if left_out:
        print(f"not scored, since nothing annotates them in {options.test}: {', '.join(sorted(left_out))}")
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (options.out / name).write_text(text)
        print(f"written to {options.out}: {', '.join(files)}")


def _read(options: argparse.Namespace) -> tuple[list[str], Iterator[Annotated]]:
    """The names of the recordings that are compared, and their annotations."""
    if options.test.suffix != PREDICTIONS:
        names = annotated(options.test, options.annotator)
        of_whom = {"reference_annotator": options.reference_annotator, "test_annotator": options.annotator}
        return names, read_folders(options.reference, options.test, names, **of_whom)
    if options.rhythm:
        raise InvalidComparison(
            f"got {options.test}, which has labels of beats and no rhythms; give a folder of annotations, or leave "
            "--rhythm out"
        )
    predictions = read_predictions(options.test)
    there = annotated(options.reference, options.reference_annotator)
    names = [name for name in predictions.names if name in there]
    unknown = [name for name in predictions.names if name not in there]
    if unknown:
        print(f"not scored, since {options.reference} has no annotations of them: {', '.join(unknown)}")
    return names, read_both(options.reference, lambda name, _: predictions.of(name), names, options.reference_annotator)


def _compare_beats(recordings: Iterable[Annotated], options: argparse.Namespace) -> Mapping[str, str]:
    class_of = CLASS_OF_IN_LITERATURE if options.escapes_normal else CLASS_OF
    comparisons = compare_beats(recordings, start=options.start, class_of=class_of)
    print(summary_table(comparisons))
    print(shutdown_summary_table(comparisons))
    if options.intervals:
        print(score_report.interval_tables(comparisons))
    matrices = [matrix_report(one, options.reference_annotator, options.annotator) for one in comparisons]
    return {
        "bxb.out": beat_table(comparisons),
        "sd.out": shutdown_table(comparisons),
        "matrices.out": "".join(matrices),
    }


def _compare_rhythms(recordings: Iterable[Annotated], options: argparse.Namespace) -> Mapping[str, str]:
    annotators = (options.reference_annotator, options.annotator)
    both = list(recordings)
    silent = [one.name for one in both if not names_rhythms(one.test)]
    if silent:
        print(
            f"{options.test} names no rhythm (+ with a note, or [) in: {', '.join(silent)}; their episodes are missed\n"
        )
    files = {}
    for rhythm in RHYTHMS:
        episodes = [
            compare_episodes(one.reference, one.test, one.fs, rhythm, name=one.name, start=options.start, end=one.end)
            for one in both
        ]
        print(episode_summary_table(episodes))
        files[f"{rhythm.lower()}.out"] = episode_table(episodes)
        files[f"{rhythm.lower()}_matrices.out"] = "".join(episode_report(one, *annotators) for one in episodes)
    for ectopy in ECTOPIES:
        runs = [
            compare_runs(one.reference, one.test, one.fs, ectopy, name=one.name, start=options.start, end=one.end)
            for one in both
        ]
        print(run_summary_table(runs))
        files[f"{ectopy.lower()}_runs.out"] = run_table(runs)
        files[f"{ectopy.lower()}_runs_matrices.out"] = "".join(run_report(one, *annotators) for one in runs)
    return files
