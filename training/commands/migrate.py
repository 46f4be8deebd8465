"""`cardiode migrate`: checkpoint files of an earlier version of the format."""

import argparse

from models import zoo
from models.checkpoint.content import VERSION
from models.checkpoint.file import load
from models.migration import migrate

HELP = "Rewrite checkpoint files of an earlier version of the format in place, with the same weights and answers."
EXAMPLE = "cardiode migrate runs/odenet/checkpoint.safetensors"


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "checkpoints", nargs="+", metavar="CHECKPOINT", help="a model of the zoo, or a checkpoint file"
    )


def run(options: argparse.Namespace) -> None:
    """Migrate one after the other; the first that cannot be ends it."""
    for file in map(zoo.find, options.checkpoints):
        done = f"rewritten as version {VERSION}" if migrate(file) else f"already of version {VERSION}"
        print(f"{file}: {done}, sha256 {load(file).sha256[:12]}")
