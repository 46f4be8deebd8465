"""`python -m training train`: train by a recipe."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from ecg import Recording
from ecg.formats import wfdb
from models.checkpoint.file import FILE_NAME
from models.checkpoint.file import save as save_checkpoint
from models.memory import keep_freed_memory
from training.commands.arguments import add_beats, add_data, add_run
from training.data.databases import DS1_GROUPS
from training.data.dataset import Dataset, load_or_build, split
from training.data.recordings import Added, added_table, groups_of, read_added, told_in_checkpoint, with_added
from training.learning.crossvalidation import OUT_OF_FOLD, OutOfFold, choose_operating_point, crossvalidate, whole
from training.learning.loop import find_device, train_members
from training.learning.recipe import Recipe, read_recipe
from training.release.export import export
from training.synthesis.examples import Synthesis, load_or_make, load_or_make_added

HELP = "Train by a recipe; a run that was interrupted goes on from its last finished epoch."
EXAMPLE = "python -m training train odenet batch_size=32 training_solver.rtol=0.01"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """What it takes."""
    add_data(command)
    add_beats(command)
    add_run(command, "runs/NAME")
    command.add_argument(
        "--add",
        type=Path,
        metavar="FOLDER",
        help="learn from its recordings too, WFDB files with reviewed annotations; a folder within it is one patient's",
    )
    command.add_argument("--annotator", default="atr", help="extension of their annotations (default %(default)s)")
    command.add_argument(
        "--no-dial", action="store_true", help="do not try every method at every setting, which a served model needs"
    )


def run(options: argparse.Namespace) -> None:
    """Train, print what was reached, and write the checkpoint."""
    keep_freed_memory()
    recipe = read_recipe(options.recipe, options.override)
    folder = options.out or Path("runs") / recipe.name
    device = find_device(options.device)
    added = read_added(options.add, options.annotator) if options.add else ()
    if added:
        print(f"{added_table(added)}\n", flush=True)
    if recipe.examples is None:
        dataset, out_of_fold = load_or_build(options.beats, options.data), None
        parts = with_added(split(dataset, recipe.split), added)
    else:
        dataset = _examples(recipe.examples, added, folder, options.data)
        parts = whole(dataset)
        out_of_fold = _crossvalidated(recipe, dataset, added, folder, options, device).known
    trainers = train_members(recipe, parts, folder, fresh=options.fresh, device=device)
    checkpoint = export(recipe, trainers, dataset, out_of_fold, told_in_checkpoint(added), dial=not options.no_dial)
    file = folder / FILE_NAME
    save_checkpoint(checkpoint, file)
    reached = checkpoint.info.figures
    if out_of_fold is None:
        print(f"test: accuracy {reached['test_accuracy']:.2%}, macro-F1 {reached['test_macro_f1']:.4f}")
    else:
        print(f"patients left out: accuracy {reached['out_of_fold']['accuracy']:.2%}")
    print(f"written to {file}; its card and figures: python -m training evaluate {file}")


def _examples(synthesis: Synthesis, added: Sequence[Added], folder: Path, data: Path) -> Dataset:
    """Those of DS1's patients, and of the recordings that are added."""
    examples = load_or_make(folder, data, DS1_GROUPS, synthesis)
    told = told_in_checkpoint(added)
    if told is None:
        return examples
    groups = [[one.recording for one in group] for group in groups_of(added)]
    return Dataset.joined([examples, load_or_make_added(folder, data, groups, told.sha256, synthesis)])


def _crossvalidated(
    recipe: Recipe,
    examples: Dataset,
    added: Sequence[Added],
    folder: Path,
    options: argparse.Namespace,
    device: torch.device,
) -> OutOfFold:
    """What is decided out of fold on DS1's patients, and on those that are added; kept in the folder."""
    groups = [*DS1_GROUPS, *([one.recording.name for one in group] for group in groups_of(added))]
    recordings = {one.recording.name: one.recording for one in added}

    def read(name: str) -> Recording:
        return recordings.get(name) or wfdb.read(options.data / "mitdb" / name)

    out_of_fold = crossvalidate(recipe, examples, groups, read, folder, fresh=options.fresh, device=device)
    out_of_fold.save(folder / OUT_OF_FOLD, out_of_fold.labels_at(choose_operating_point(out_of_fold.known)))
    return out_of_fold
