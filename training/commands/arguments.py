"""Arguments that several offline commands take."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from training.data.databases import data_folder
from training.data.dataset import BEATS_FILE
from training.release.sources import CORES, EXAMPLES, Sources
from training.synthesis.store import Store


def add_checkpoint(command: argparse.ArgumentParser) -> None:
    """The checkpoint that is asked about."""
    command.add_argument("checkpoint", help="a model of the zoo, or a checkpoint file")


def add_beats(command: argparse.ArgumentParser) -> None:
    """Where the prepared beats are, or will be."""
    command.add_argument("--beats", type=Path, default=BEATS_FILE, help="the prepared beats (default %(default)s)")


def add_examples(command: argparse.ArgumentParser) -> None:
    """Where the examples of whole recordings are, or will be."""
    command.add_argument(
        "--examples",
        type=Path,
        default=EXAMPLES,
        help="folder that keeps what is made of whole recordings, for all runs (default %(default)s)",
    )


def add_run(command: argparse.ArgumentParser, folder: str) -> None:
    """The recipe of a run, its folder and its device."""
    command.add_argument("recipe", help="a name in training/recipes, or a .toml file")
    command.add_argument("override", nargs="*", help="key=value, changes one entry of the recipe")
    command.add_argument("--out", type=Path, help=f"the run's folder (default {folder})")
    command.add_argument("--fresh", action="store_true", help="forget what an earlier run left in the folder")
    command.add_argument("--device", default="auto", help="cpu, cuda, or auto (default): cuda where there is one")


def sources_of(options: argparse.Namespace) -> Sources:
    """Where a run finds what it learns from, by the options that there are."""
    given = {name: value for name, value in vars(options).items() if name in ("data", "beats", "out_of_fold")}
    return Sources(**given, store=Store(options.examples, CORES))


def add_data(command: argparse.ArgumentParser) -> None:
    """Where the recordings are."""
    command.add_argument(
        "--data", type=Path, default=data_folder(), help="folder that holds mitdb/ (CARDIODE_DATA; now %(default)s)"
    )


def add_recordings(command: argparse.ArgumentParser, usual: Sequence[str], whose: str) -> None:
    """The recordings that are asked about: these where none are named, which are `whose`."""
    command.add_argument(
        "--recordings",
        nargs="+",
        default=usual,
        metavar="RECORDING",
        help=f"numbers of mitdb, or headers (.hea) with annotations (.atr) beside them (default: {whose} "
        f"{', '.join(usual)})",
    )
