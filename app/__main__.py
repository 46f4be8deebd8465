"""Serve: `python -m app`; annotate files without a server: `annotate`; make API keys: `keys`."""

import argparse
import gc
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from app import logs, service, settings
from app.commands import annotate
from app.commands import keys as key_commands
from app.keys.file import InvalidKeysFile
from app.registry.models import ServedModels
from app.registry.shadow import InvalidShadow
from app.server import run as listening
from app.server.run import OpenToAll
from app.tracing import tracing
from app.tracing.tracing import TracesUnavailable
from ecg import EcgError
from models import ModelError
from models.process import use_one_core

SWITCH_SECONDS = 0.0003

NEW_OBJECTS = 10_000
"""So many more than went there must be before Python looks among them for garbage, which most requests leave none of:
by its own threshold (700 in 3.11) it would look again after each few of them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop, or do what else is asked; 1, with one line on standard error, where that cannot be."""
    asked = _parser().parse_args(arguments)
    try:
        chosen = settings.Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = f"CARDIODE_{'_'.join(map(str, problem['loc'])).upper()}"
            message = problem["msg"].removeprefix("Value error, ")
            got = "" if message.startswith("got ") else f"got {problem['input']!r}. "
            print(f"{name}: {got}{message}", file=sys.stderr)
        return 1
    use_one_core()
    match asked.command:
        case "annotate":
            return annotate.run(asked, chosen)
        case "keys":
            return key_commands.run(asked, chosen)
        case _:
            return _serve(chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app",
        description="Serve heartbeat classification over HTTP. Ctrl-C or SIGTERM lets requests in flight finish.",
        epilog="Settings are environment variables (default: meaning):\n\n" + settings.table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands (none: serve)")
    annotate.add_arguments(
        commands.add_parser(
            "annotate",
            help="annotate recordings without a server",
            description=annotate.HELP,
            epilog=annotate.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    key_commands.add_arguments(
        commands.add_parser(
            "keys",
            help="make, list and remove API keys",
            description=key_commands.HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    return parser


def _serve(chosen: settings.Settings) -> int:
    try:
        listening.check(chosen)
        app = service.create(ServedModels.load(chosen.model_names), chosen, tracing=tracing.from_environment())
    except (OpenToAll, InvalidKeysFile, InvalidShadow, TracesUnavailable, ModelError, EcgError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    logs.configure(chosen.log_level)
    # What is there now stays: to look through all of it for garbage again and again would stop every answer meanwhile.
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    # The event loop has its turn soon where threads beside it work on recordings, and workers wait for the event loop.
    sys.setswitchinterval(SWITCH_SECONDS)
    listening.listen(app, chosen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
