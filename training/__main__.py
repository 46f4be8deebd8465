"""The offline commands: `python -m training data | train | fit | evaluate | compare`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from ecg import EcgError
from models import Classifier, ModelError, zoo
from models.checkpoint import FILE_NAME
from models.checkpoint import load as load_checkpoint
from models.checkpoint import save as save_checkpoint
from models.memory import keep_freed_memory
from ode import OdeError
from training import figures, report
from training.dataset import build, load_or_build, save
from training.errors import TrainingError
from training.evaluation import evaluate, kept_epoch_of, split_of
from training.export import export
from training.fitting import fit
from training.loop import train
from training.mitdb import data_folder
from training.recipe import read_recipe
from training.reliability import expected_calibration_error
from training.splits import inter_patient_split, random_split, split

BEATS_FILE = Path("runs/beats.npz")


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

    def add(name: str, command: object, text: str, example: str) -> argparse.ArgumentParser:
        formatter = argparse.RawDescriptionHelpFormatter
        sub = commands.add_parser(
            name, help=text, description=text, epilog=f"example: {example}", formatter_class=formatter
        )
        sub.set_defaults(command=command)
        sub.add_argument(
            "--data", type=Path, default=data_folder(), help="folder that holds mitdb/ (CARDIODE_DATA; now %(default)s)"
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
        "fit",
        _fit,
        "Fit anew what a checkpoint carries beside its weights, on its training and validation part, and save it.",
        "python -m training fit odenet --out runs/odenet/checkpoint.safetensors",
    )
    command.add_argument("checkpoint", help="a model of the zoo, or a checkpoint file")
    command.add_argument("--out", type=Path, help="the file to write (default: the checkpoint's own)")
    command.add_argument("--keep-dial", action="store_true", help="leave its dial as it is, which saves minutes")
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
    dataset = load_or_build(options.beats, options.data)
    folder = options.out or Path("runs") / recipe.name
    trainer = train(
        recipe,
        split(dataset, recipe.split, recipe.seed),
        folder,
        fresh=options.fresh,
        device=_device(options.device),
    )
    checkpoint = export(trainer, dataset)
    file = folder / FILE_NAME
    save_checkpoint(checkpoint, file)
    reached = checkpoint.info.figures
    print(f"test: accuracy {reached['test_accuracy']:.2%}, macro-F1 {reached['test_macro_f1']:.4f}")
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


def _fit(options: argparse.Namespace) -> None:
    keep_freed_memory()
    file = zoo.find(options.checkpoint)
    checkpoint = load_checkpoint(file)
    dataset = load_or_build(options.beats, options.data)
    fitted = fit(checkpoint, split_of(checkpoint.info, dataset), dial=not options.keep_dial)
    target = options.out or file
    save_checkpoint(fitted, target)
    print(f"temperature {fitted.info.calibration.temperature:.3f}")
    print(f"written to {target}; its card and figures: python -m training evaluate {target}")


def _evaluate(options: argparse.Namespace) -> None:
    classifier = Classifier.load(options.checkpoint)
    checkpoint = classifier.checkpoint
    if checkpoint is None:
        raise TrainingError(f"{options.checkpoint} has no checkpoint")
    dataset = load_or_build(options.beats, options.data)
    test = split_of(checkpoint.info, dataset).test
    evaluation = evaluate(classifier, test, sweep=not options.no_sweep)
    folder = options.out or Path("runs/evaluation") / checkpoint.info.name
    folder.mkdir(parents=True, exist_ok=True)
    print(
        f"accuracy {evaluation.score.accuracy:.2%}, macro-F1 {evaluation.score.macro_f1:.4f}, "
        f"expected calibration error {expected_calibration_error(evaluation.reliability):.4f}\n"
    )
    print(report.score_table(evaluation))
    figures.draw_confusion(evaluation.score, folder / "confusion.png")
    figures.draw_reliability(evaluation.reliability, folder / "reliability.png")
    figures.draw_training(checkpoint.info.history, kept_epoch_of(checkpoint.info), folder / "training.png")
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


def _compare(options: argparse.Namespace) -> None:
    loaded = [Classifier.load(name).checkpoint for name in options.checkpoints]
    print(report.compare_table([checkpoint.info for checkpoint in loaded if checkpoint]))


if __name__ == "__main__":
    sys.exit(main())
