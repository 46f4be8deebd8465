"""`cardiode leave-one-out`: every patient left out in turn."""

import argparse
from functools import partial
from pathlib import Path

from models.process import keep_freed_memory
from training.commands.arguments import add_data, add_examples, add_run, sources_of
from training.data.databases import read_recording
from training.data.groups import groups_in
from training.errors import UnsuitableRecipe
from training.evaluation.leave_one_out import leave_one_out
from training.learning.loop import find_device
from training.learning.recipe import read_recipe
from training.release.run import RecordingRun, run_of
from training.reports.leave_one_out import REPORT, leave_one_out_report

HELP = """\
Report what a recipe of whole recordings reaches on every patient of DS1 and DS2, each left out in turn.

A network is trained without each of 43 patients and decides on his recordings; what all of them said is compared with
the reference by ANSI/AAMI EC57:2012 and written to leave_one_out.md in the run's folder. It takes hours: each network
as long as train takes for one. A run that was interrupted goes on from its last finished epoch."""

EXAMPLE = "cardiode leave-one-out rhythm"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_run(command, "runs/NAME_leave_one_out")
    add_data(command)
    add_examples(command)


def run(options: argparse.Namespace) -> None:
    """Train without each, print what all said together, and write the report."""
    keep_freed_memory()
    recipe = read_recipe(options.recipe, options.override)
    folder = options.out or Path("runs") / f"{recipe.name}_leave_one_out"
    training = run_of(recipe, sources_of(options))
    if not isinstance(training, RecordingRun):
        raise UnsuitableRecipe(
            f"got the recipe {recipe.name}, which makes no examples of whole recordings; expected one that does, as "
            "rhythm"
        )
    groups = groups_in(("mitdb/ds1", "mitdb/ds2"), options.data)
    examples = partial(training.examples, groups)
    device = find_device(options.device)
    predictions = leave_one_out(
        recipe,
        examples,
        options.data,
        folder,
        fresh=options.fresh,
        device=device,
        processes=training.sources.processes(device),
    )
    report = leave_one_out_report(recipe, predictions, partial(read_recording, options.data))
    (folder / REPORT).write_text(report)
    print(f"{report}\nwritten to {folder / REPORT}")
