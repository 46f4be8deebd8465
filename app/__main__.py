"""Serve: `python -m app`; annotate files without a server: `annotate`; make API keys: `keys`."""

import argparse
import logging
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from app import logs, service, settings
from app.commands import annotate, keys
from app.errors import KeysError, StartRefused
from app.registry.models import ServedModels
from app.server import run
from app.tracing import tracing
from ecg import EcgError, workspace
from models import ModelError
from models.process import collect_rarely, switch_soon, use_one_core

SERVE = "Serve heartbeat classification over HTTP. Ctrl-C or SIGTERM lets requests in flight finish."

logger = logging.getLogger("cardiode")


def main(arguments: Sequence[str] | None = None, program: str = "python -m app") -> int:
    """Serve until asked to stop, or do what else is asked; 1, with one line on standard error, where that cannot be."""
    asked = _parser(program).parse_args(arguments)
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
            return keys.run(asked, chosen)
        case _:
            return _serve(chosen)


def _settings_help() -> str:
    """The settings, as `--help` shows them."""
    return "Settings are environment variables (default: meaning):\n\n" + settings.table()


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description=SERVE,
        epilog=_settings_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands (none: serve)")
    commands.add_parser(
        "serve",
        help="serve over HTTP",
        description=SERVE,
        epilog=_settings_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    annotate.add_arguments(
        commands.add_parser(
            "annotate",
            help="annotate recordings without a server",
            description=annotate.HELP,
            epilog=annotate.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    keys.add_arguments(
        commands.add_parser(
            "keys",
            help="make, list and remove API keys",
            description=keys.HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    return parser


def _serve(chosen: settings.Settings) -> int:
    try:
        run.check(chosen)
        app = service.create(ServedModels.load(chosen.model_names), chosen, tracing=tracing.from_environment())
    except (StartRefused, KeysError, ModelError, EcgError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    logs.configure(chosen.log_level)
    if swept := workspace.sweep():
        logger.warning("deleted the recordings of %d processes that had been killed", swept)
    collect_rarely()
    switch_soon()
    run.listen(app, chosen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
