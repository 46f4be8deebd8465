"""Timings as ratios against a named baseline, measured in the same run."""

import argparse


def parser(what: str | None) -> argparse.ArgumentParser:
    """The parser of a benchmark that says `what` it measures where `--help` is asked for."""
    return argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)


def explain(what: str | None) -> None:
    """Let a benchmark without options say `what` it measures, and refuse what it does not know."""
    parser(what).parse_args()
