"""The command `cardiode`, whose halves are `python -m app` and `python -m training`."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

ONLINE = {
    "serve": "serve over HTTP, with a page to drop recordings on",
    "annotate": "annotate recordings without a server",
    "keys": "make, list and remove API keys",
}
OFFLINE = {
    "data": "get the recordings that are learnt from, and cut their beats",
    "train": "train a classifier by a recipe",
    "fit": "find anew what a checkpoint carries beside its weights",
    "evaluate": "score a checkpoint, and write its card",
    "compare": "put the figures of several checkpoints side by side",
    "score": "score annotation files against reference annotations, by ANSI/AAMI EC57",
    "promote": "put a checkpoint in the zoo, if it is not worse than the one there",
    "leave-one-out": "judge a recipe on each patient, left out in turn",
    "noise": "measure what noise leaves of a classifier",
    "migrate": "bring a checkpoint of an earlier version up to date",
}
EXTRA = "training"
"""What the commands of the second half need beside what serving needs."""

PROGRAM = "cardiode"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 where it is done, 1 where it cannot be, 2 where it is not known or not installed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = _parser().parse_args(given[:1]).command
    return _half(command, given)


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, ONLINE | OFFLINE))
    online, offline = (
        "\n".join(f"  {name:{width}}  {line}" for name, line in half.items()) for half in (ONLINE, OFFLINE)
    )
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} COMMAND ...",
        description="Classify the heartbeats of electrocardiograms. No medical device: decide on nobody's care by it.",
        epilog=f"commands:\n{online}\n\nwith the extra `{EXTRA}` (pip install 'cardiode[{EXTRA}]'):\n{offline}\n\n"
        f"example: {PROGRAM} annotate night.edf\n\nEach command has --help.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=[*ONLINE, *OFFLINE], metavar="COMMAND", help=argparse.SUPPRESS)
    return parser


def _half(command: str, given: Sequence[str]) -> int:
    if command in ONLINE:
        return int(import_module("app.__main__").main(given, PROGRAM))
    try:
        half = import_module("training.__main__")
    except ModuleNotFoundError as error:
        print(
            f"`{PROGRAM} {command}` needs {error.name}, which the extra `{EXTRA}` brings: "
            f"pip install 'cardiode[{EXTRA}]', or in a clone of the repository: make install",
            file=sys.stderr,
        )
        return 2
    return int(half.main(given, PROGRAM))
