"""The offline commands: `python -m training data | train | evaluate | compare | score`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from ecg import EcgError
from ecg.formats.wfdb import ANNOTATOR
from ecg.scoring import CLASS_OF, CLASS_OF_IN_LITERATURE, LEARNING, Comparison
from ecg.scoring.matrix_report import matrix_report
from ecg.scoring.tables import beat_table, shutdown_summary_table, shutdown_table, summary_table
from models import Checkpoint, Classifier, ModelError
from models.checkpoint import FILE_NAME
from models.checkpoint import save as save_checkpoint
from models.memory import keep_freed_memory
from ode import OdeError
from training import figures, report, score_report
from training.annotation_folders import annotated, compare_folders
from training.crossvalidation import crossvalidate, whole
from training.dataset import build, load_or_build, save
from training.errors import TrainingError
from training.evaluation import evaluate, kept_epoch_of, split_of
from training.examples import load_or_make
from training.export import export
from training.label_scores import score_of
from training.loop import train
from training.mitdb import DS1_GROUPS, data_folder
from training.recipe import read_recipe
from training.splits import inter_patient_split, random_split, split

BEATS_FILE = Path("runs/beats.npz")

SCORE_HELP = """\
Score annotation files against reference annotations, beat by beat, by ANSI/AAMI EC57:2012.

It prints what PhysioNet's sumstats makes of its bxb -L: a line for each recording, then gross statistics, in which
each beat weighs the same, and averages, in which each recording does. Se is sensitivity and +P positive
predictivity, in percent, of all beats (Q), ventricular (V) and supraventricular (S) ectopic ones; a hyphen stands for
what is undefined. Counts are of reference class and test class: Nv are normal beats called ventricular, On' extra
ones, No' missed ones; n', f' and the like include the classes without a column of their own. A second table tells
what was missed where the test annotator had declared the signals unreadable."""

SCORE_EXAMPLE = """python -m training score data/mitdb results

The annotations in results can be written by: python -m app annotate data/mitdb/*.hea --out results --format wfdb"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 when it is done, 1 with one line on standard error when it cannot be."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (TrainingError, ModelError, EcgError, OdeError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last finished epoch", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Train and judge heartbeat classifiers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: object, text: str, example: str, *, of_beats: bool = True) -> argparse.ArgumentParser:
        formatter = argparse.RawDescriptionHelpFormatter
        sub = commands.add_parser(
            name, help=text.splitlines()[0], description=text, epilog=f"example: {example}", formatter_class=formatter
        )
        sub.set_defaults(command=command)
        if of_beats:
            sub.add_argument(
                "--data",
                type=Path,
                default=data_folder(),
                help="folder that holds mitdb/ (CARDIODE_DATA; now %(default)s)",
            )
            sub.add_argument("--beats", type=Path, default=BEATS_FILE, help="the prepared beats (default %(default)s)")
        return sub

    add(
        "data",
        _data,
        "Cut the benchmark's beats from the MIT-BIH recordings, downloading these where they are missing.",
        "python -m training data",
    )
    command = add(
        "train",
        _train,
        "Train by a recipe; a run that was interrupted goes on from its last finished epoch.",
        "python -m training train odenet batch_size=32 training_solver.rtol=0.01",
    )
    command.add_argument("recipe", help="a name in training/recipes, or a .toml file")
    command.add_argument("override", nargs="*", help="key=value, changes one entry of the recipe")
    command.add_argument("--out", type=Path, help="the run's folder (default runs/NAME)")
    command.add_argument("--fresh", action="store_true", help="forget what an earlier run left in the folder")
    command.add_argument("--device", default="auto", help="cpu, cuda, or auto (default): cuda where there is one")
    command = add(
        "evaluate",
        _evaluate,
        "Score a checkpoint on the test part, sweep its solver's tolerance, draw the figures and write the card.",
        "python -m training evaluate odenet --out runs/odenet/evaluation",
    )
    command.add_argument("checkpoint", help="a model of the zoo, or a checkpoint file")
    command.add_argument("--out", type=Path, help="folder for card and figures (default runs/evaluation/NAME)")
    command.add_argument("--no-sweep", action="store_true", help="leave the tolerance sweep out")
    command = add(
        "compare",
        _compare,
        "Print what two checkpoints reach and cost, side by side.",
        "python -m training compare resnet odenet",
    )
    command.add_argument("checkpoints", nargs=2, metavar="CHECKPOINT", help="a model of the zoo, or a file")
    command = add("score", _score, SCORE_HELP, SCORE_EXAMPLE, of_beats=False)
    command.add_argument("reference", type=Path, help="folder of headers (.hea) and reference annotations")
    command.add_argument("test", type=Path, help="folder of the annotations to be scored")
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
        help="tell also between which bounds the statistics lie with 95 %% confidence, and those of three classes",
    )
    command.add_argument("--out", type=Path, help="folder for bxb.out and sd.out (bxb -L) and matrices.out (bxb -S)")
    return parser


def _data(options: argparse.Namespace) -> None:
    dataset = build(options.data)
    save(dataset, options.beats)
    parts = {"all": dataset.counts()}
    for name, (trained, tested) in (
        ("random", random_split(dataset)),
        ("inter-patient", inter_patient_split(dataset)),
    ):
        parts |= {f"{name}: train": trained.counts(), f"{name}: test": tested.counts()}
    print(report.counts_table(parts))
    print(f"\nwritten to {options.beats} (sha256 {dataset.sha256[:12]})")


def _train(options: argparse.Namespace) -> None:
    keep_freed_memory()
    recipe = read_recipe(options.recipe, options.override)
    folder = options.out or Path("runs") / recipe.name
    device = _device(options.device)
    if recipe.examples is None:
        dataset, out_of_fold = load_or_build(options.beats, options.data), None
        parts = split(dataset, recipe.split)
    else:
        dataset = load_or_make(folder, options.data, DS1_GROUPS, recipe.examples)
        parts = whole(dataset)
        out_of_fold = crossvalidate(recipe, dataset, DS1_GROUPS, folder, device)
        out_of_fold.save(folder / "out_of_fold.npz")
    trainer = train(recipe, parts, folder, fresh=options.fresh, device=device)
    checkpoint = export(trainer, dataset, out_of_fold)
    file = folder / FILE_NAME
    save_checkpoint(checkpoint, file)
    reached = checkpoint.info.figures
    if out_of_fold is None:
        print(f"test: accuracy {reached['test_accuracy']:.2%}, macro-F1 {reached['test_macro_f1']:.4f}")
    else:
        print(f"patients left out: accuracy {reached['out_of_fold']['accuracy']:.2%}")
    print(f"written to {file}; its card and figures: python -m training evaluate {file}")


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(
            f"got the device {name!r}, which cannot be used ({reason}); expected cpu or cuda"
        ) from error
    return device


def _evaluate(options: argparse.Namespace) -> None:
    classifier = Classifier.load(options.checkpoint)
    checkpoint = classifier.checkpoint
    if checkpoint is None:
        raise TrainingError(f"{options.checkpoint} has no checkpoint")
    folder = options.out or Path("runs/evaluation") / checkpoint.info.name
    folder.mkdir(parents=True, exist_ok=True)
    figures.draw_training(checkpoint.info.history, kept_epoch_of(checkpoint.info), folder / "training.png")
    if classifier.in_context:
        _tell_out_of_fold(checkpoint, folder)
        return
    dataset = load_or_build(options.beats, options.data)
    test = split_of(checkpoint.info, dataset).test
    evaluation = evaluate(classifier, test, sweep=not options.no_sweep)
    print(f"accuracy {evaluation.score.accuracy:.2%}, macro-F1 {evaluation.score.macro_f1:.4f}\n")
    print(report.score_table(evaluation.score))
    figures.draw_confusion(evaluation.score, folder / "confusion.png")
    figures.draw_beats(test, folder / "beats.png")
    if evaluation.sweep:
        print("\n" + report.sweep_table(evaluation))
        figures.draw_sweep(evaluation.sweep, folder / "tolerance.png")
    if evaluation.grid:
        print("\n" + report.grid_table(evaluation))
        auto = next((point for point in evaluation.sweep if point.setting is None), None)
        figures.draw_dial(evaluation.grid, auto, folder / "dial.png")
    (folder / "card.md").write_text(report.card(checkpoint.info, evaluation, checkpoint.sha256))
    (folder / "evaluation.json").write_text(json.dumps(asdict(evaluation), indent=1) + "\n")
    print(f"\ncard and figures are in {folder}")


def _tell_out_of_fold(checkpoint: Checkpoint, folder: Path) -> None:
    """What its cross-validation left in the checkpoint: patients that it has not learnt from are not looked at here."""
    reached = score_of(checkpoint.info.figures["out_of_fold"])
    print(f"patients left out: accuracy {reached.accuracy:.2%}\n\n{report.score_table(reached)}")
    figures.draw_confusion(reached, folder / "confusion.png")
    (folder / "card.md").write_text(report.context_card(checkpoint.info, checkpoint.sha256))
    print(f"\ncard and figures are in {folder}")


def _compare(options: argparse.Namespace) -> None:
    loaded = [Classifier.load(name).checkpoint for name in options.checkpoints]
    print(report.compare_table([checkpoint.info for checkpoint in loaded if checkpoint]))


def _score(options: argparse.Namespace) -> None:
    names = annotated(options.test, options.annotator)
    comparisons = compare_folders(
        options.reference,
        options.test,
        names,
        reference_annotator=options.reference_annotator,
        test_annotator=options.annotator,
        start=options.start,
        class_of=CLASS_OF_IN_LITERATURE if options.escapes_normal else CLASS_OF,
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


if __name__ == "__main__":
    sys.exit(main())
