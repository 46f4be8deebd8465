"""Serve: `python -m app`; annotate files without a server: `python -m app annotate`."""

import argparse
import sys
from collections.abc import Sequence

import torch
import uvicorn
from pydantic import ValidationError

from app import annotate, logs, service, settings
from app.served import ServedModels
from app.shadow import InvalidShadow
from ecg import EcgError
from models import ModelError


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop, or annotate; 1, with one line on standard error, where that cannot be."""
    asked = _parser().parse_args(arguments)
    try:
        chosen = settings.Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = f"CARDIODE_{'_'.join(map(str, problem['loc'])).upper()}"
            message = problem["msg"].removeprefix("Value error, ")
            print(f"{name}: got {problem['input']!r}. {message}", file=sys.stderr)
        return 1
    # Two batches on a core each are solved sooner than two on both cores, one after the other.
    torch.set_num_threads(1)
    return annotate.run(asked, chosen) if asked.command == "annotate" else _serve(chosen)


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
    return parser


def _serve(chosen: settings.Settings) -> int:
    try:
        app = service.create(ServedModels.load(chosen.model_names), chosen)
    except (InvalidShadow, ModelError, EcgError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    logs.configure(chosen.log_level)
    uvicorn.run(
        app,
        host=chosen.host,
        port=chosen.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=chosen.shutdown_seconds,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
