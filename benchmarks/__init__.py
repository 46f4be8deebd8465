"""Timings as ratios against a named baseline, measured in the same run."""

import argparse


def explain(what: str | None) -> None:
    """Let a benchmark tell `what` it measures where `--help` is asked for, and refuse what it does not know."""
    formatter = argparse.RawDescriptionHelpFormatter
    argparse.ArgumentParser(description=what, formatter_class=formatter).parse_args()
