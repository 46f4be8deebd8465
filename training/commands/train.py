"""`cardiode train`: train by a recipe."""

import argparse
from pathlib import Path

from models.checkpoint.file import FILE_NAME
from models.checkpoint.file import save as save_checkpoint
from models.process import keep_freed_memory
from training.commands.arguments import add_beats, add_data, add_examples, add_run, sources_of
from training.data.recordings import added_table, read_added
from training.learning.loop import find_device
from training.learning.recipe import read_recipe
from training.release.run import run_of

HELP = "Train by a recipe; a run that was interrupted goes on from its last finished epoch."
EXAMPLE = "cardiode train odenet batch_size=32 training_solver.rtol=0.01"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_data(command)
    add_beats(command)
    add_examples(command)
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
    """Train, write the checkpoint, and print what was reached."""
    keep_freed_memory()
    recipe = read_recipe(options.recipe, options.override)
    folder = options.out or Path("runs") / recipe.name
    device = find_device(options.device)
    added = read_added(options.add, options.annotator) if options.add else ()
    if added:
        print(f"{added_table(added)}\n", flush=True)
    training = run_of(recipe, sources_of(options))
    checkpoint = training.train(added, folder, fresh=options.fresh, device=device, dial=not options.no_dial)
    file = folder / FILE_NAME
    save_checkpoint(checkpoint, file)
    reached = training.reached(checkpoint.info)
    print(f"{training.scored_on}: accuracy {reached.accuracy:.2%}, macro-F1 {reached.macro_f1:.4f}")
    print(f"written to {file}; its card and figures: cardiode evaluate {file}")
