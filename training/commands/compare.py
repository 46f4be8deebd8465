"""`python -m training compare`: checkpoints side by side."""

import argparse

from models import Classifier
from training.reports.comparison import comparison_table

HELP = "Print what checkpoints reach and cost, side by side."
EXAMPLE = "python -m training compare resnet odenet"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """What it takes."""
    command.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT", help="a model of the zoo, or a file")


def run(options: argparse.Namespace) -> None:
    """Print the table."""
    loaded = [Classifier.load(name).checkpoint for name in options.checkpoints]
    print(comparison_table([checkpoint for checkpoint in loaded if checkpoint]))
