"""`cardiode compare`: checkpoints side by side."""

import argparse
from collections.abc import Sequence

from models import Checkpoint, Classifier
from training.evaluation.evaluation import checkpoint_of, recipe_of
from training.release.run import run_of
from training.reports.comparison import comparison_table

HELP = "Print what checkpoints reach and cost, side by side."
EXAMPLE = "cardiode compare resnet odenet"


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT", help="a model of the zoo, or a file")


def run(options: argparse.Namespace) -> None:
    print(comparison([checkpoint_of(Classifier.load(name)) for name in options.checkpoints]))


def comparison(checkpoints: Sequence[Checkpoint]) -> str:
    """The table of some checkpoints."""
    reached = [run_of(recipe_of(checkpoint.info)).reached(checkpoint.info) for checkpoint in checkpoints]
    return comparison_table(checkpoints, reached)
