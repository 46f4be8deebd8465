"""The offline commands: `python -m training COMMAND`; `--help` lists them."""

import argparse
import sys
from collections.abc import Sequence
from typing import Protocol

from ecg import EcgError
from models import ModelError
from ode import OdeError
from training.commands import compare, data, evaluate, fit, leave_one_out, migrate, noise, promote, score, train
from training.errors import TrainingError


class Command(Protocol):
    """A module of `training.commands`."""

    HELP: str
    EXAMPLE: str

    def add_arguments(self, command: argparse.ArgumentParser) -> None:
        """What it takes."""

    def run(self, options: argparse.Namespace) -> None:
        """Do it."""


COMMANDS: dict[str, Command] = {
    "data": data,
    "train": train,
    "leave-one-out": leave_one_out,
    "fit": fit,
    "evaluate": evaluate,
    "compare": compare,
    "promote": promote,
    "migrate": migrate,
    "score": score,
    "noise": noise,
}


def main(arguments: Sequence[str] | None = None, program: str = "python -m training") -> int:
    """Run one command: 0 when it is done, 1 with one line on standard error when it cannot be."""
    options = _parser(program).parse_args(arguments)
    try:
        options.command.run(options)
    except (TrainingError, ModelError, EcgError, OdeError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last finished epoch", file=sys.stderr)
        return 130
    return 0


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description="Train and judge heartbeat classifiers.")
    parsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        sub = parsers.add_parser(
            name,
            help=command.HELP.splitlines()[0],
            description=command.HELP,
            epilog=f"example: {command.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(command=command)
        command.add_arguments(sub)
    return parser


if __name__ == "__main__":
    sys.exit(main())
