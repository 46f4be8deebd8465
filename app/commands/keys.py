"""`cardiode keys`: make, list and remove API keys."""

import argparse
import sys
from pathlib import Path

from app.errors import KeysError
from app.keys import file as keys
from app.keys.file import Key
from app.settings import Settings

HELP = """\
Make, list and remove the API keys in the file that CARDIODE_API_KEYS_FILE names.

examples:
  CARDIODE_API_KEYS_FILE=keys.jsonl cardiode keys add ward-3 --beats-per-second 50
  CARDIODE_API_KEYS_FILE=keys.jsonl cardiode keys list
  CARDIODE_API_KEYS_FILE=keys.jsonl cardiode keys remove ward-3

A service that runs knows of a change within a second or so.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make a key and print it, this once")
    add.add_argument("name", metavar="NAME", help="whose it is: letters, digits, dots, dashes, at most 64")
    add.add_argument("--admin", action="store_true", help="it may also change what the service serves")
    add.add_argument("--beats-per-second", type=float, metavar="N", help="its limit; left out: none")
    actions.add_parser("list", help="print names, roles and limits")
    actions.add_parser("remove", help="remove a key").add_argument("name", metavar="NAME")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it; 1, with one line on standard error, where that cannot be."""
    if not settings.api_keys_file:
        print("CARDIODE_API_KEYS_FILE: is not set; say there which file the keys are in", file=sys.stderr)
        return 1
    try:
        _act(arguments, Path(settings.api_keys_file))
    except (KeysError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _act(arguments: argparse.Namespace, file: Path) -> None:
    match arguments.action:
        case "add":
            role: keys.Role = "admin" if arguments.admin else "client"
            print(keys.add(file, arguments.name, role, arguments.beats_per_second))
            print(f"This is the key of {arguments.name}. It is kept nowhere: store it now.", file=sys.stderr)
        case "remove":
            keys.remove(file, arguments.name)
        case _:
            for key in keys.read(file):
                print(_row(key))


def _row(key: Key) -> str:
    limit = "no limit" if key.beats_per_second is None else f"{key.beats_per_second:g} beats a second"
    return f"{key.name}  {key.role}  {limit}"
