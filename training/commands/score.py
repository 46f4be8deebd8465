"""`cardiode score`: annotations against reference annotations."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ecg.formats.wfdb import ANNOTATOR
from ecg.scoring import CLASS_OF, CLASS_OF_IN_LITERATURE, LEARNING, Comparison
from ecg.scoring.matrix_report import matrix_report
from ecg.scoring.tables import beat_table, shutdown_summary_table, shutdown_table, summary_table
from training.data.annotations import annotated, compare_folders, compare_with_folder
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
what was missed where the test annotator had declared the signals unreadable."""

EXAMPLE = """cardiode score data/mitdb results

The annotations in results can be written by: cardiode annotate data/mitdb/*.hea --out results --format wfdb
In their place may be the labels of a cross-validation over patients, an .npz of the arrays recordings (the name of each
beat's recording), peaks (samples at its rate) and labels (indices of N, S, V, F, Q; -1 for none):

cardiode score data/mitdb out_of_fold.npz --start 0 --escapes-normal --intervals"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("reference", type=Path, help="folder of headers (.hea) and reference annotations")
    command.add_argument("test", type=Path, help="folder of the annotations to be scored, or an .npz of predictions")
    command.add_argument("--annotator", default=ANNOTATOR, help="extension of these (default %(default)s)")
    command.add_argument("--reference-annotator", default="atr", help="that of the reference (default %(default)s)")
    command.add_argument(
        "--start", type=float, default=LEARNING, help="seconds that are left out at first (default %(default)g)"
    )
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
    command.add_argument("--out", type=Path, help="folder for bxb.out and sd.out (bxb -L) and matrices.out (bxb -S)")


def run(options: argparse.Namespace) -> None:
    """Print the tables, and write them where that is asked for."""
    settings = {
        "reference_annotator": options.reference_annotator,
        "start": options.start,
        "class_of": CLASS_OF_IN_LITERATURE if options.escapes_normal else CLASS_OF,
    }
    if options.test.suffix == PREDICTIONS:
        predictions = read_predictions(options.test)
        there = annotated(options.reference, options.reference_annotator)
        names = [name for name in predictions.names if name in there]
        unknown = [name for name in predictions.names if name not in there]
        if unknown:
            print(f"not scored, since {options.reference} has no annotations of them: {', '.join(unknown)}")
        comparisons = compare_with_folder(options.reference, lambda name, _: predictions.of(name), names, **settings)
    else:
        names = annotated(options.test, options.annotator)
        comparisons = compare_folders(
            options.reference, options.test, names, test_annotator=options.annotator, **settings
        )
    print(summary_table(comparisons))
    print(shutdown_summary_table(comparisons))
    if options.intervals:
        print(score_report.interval_tables(comparisons))
    left_out = set(annotated(options.reference, options.reference_annotator)).difference(names)
    if left_out:
        print(f"not scored, since nothing annotates them in {options.test}: {', '.join(sorted(left_out))}")
    if options.out:
        _write_comparisons(comparisons, options)


def _write_comparisons(comparisons: Sequence[Comparison], options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    matrices = [matrix_report(one, options.reference_annotator, options.annotator) for one in comparisons]
    (options.out / "bxb.out").write_text(beat_table(comparisons))
    (options.out / "sd.out").write_text(shutdown_table(comparisons))
    (options.out / "matrices.out").write_text("".join(matrices))
    print(f"written to {options.out}: bxb.out, sd.out, matrices.out")
