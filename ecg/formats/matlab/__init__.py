"""PhysioNet's .mat without its header: an array `val`, a row a lead, of which nobody says the rate or the unit."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ecg.errors import InvalidSignals, UnreadableRecording
from ecg.formats.matlab.variables import Numbers, is_matlab, read_variables
from ecg.formats.reading import Reading
from ecg.formats.strips import Strip, open_strips
from ecg.messages import listed
from ecg.reading import ReadOptions
from ecg.source import Source

__all__ = ["is_matlab", "open_matlab"]

SIGNALS = ("val", "ecg", "data", "signal", "signals")
"""The names of the array, in small letters, the first one first."""

RATES = ("fs", "freq", "rate", "sampling_rate", "samplingrate", "sampling_frequency", "fsamp", "srate")


def open_matlab(file: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The recording of a MATLAB file of level 4 or 5, whose rate is that of a variable `fs`, or has to be said.

    Raises UnreadableRecording, InvalidSignals, also for a rate that is not said, and LargeRecording.
    """
    reading = Reading(file, "MAT", options)
    found = {name.lower(): numbers for name, numbers in read_variables(reading).items()}
    signals = _signals(file, found)
    fs = options.fs or _rate(found)
    if fs is None:
        raise InvalidSignals(
            f"{file.name} says no rate; say it (fs), in samples a second, or send the header (.hea) that belongs to it"
        )
    names = [f"lead {number + 1}" for number in range(len(signals))]
    return open_strips(reading, [Strip(name, "", row, fs) for name, row in zip(names, signals, strict=True)])


def _signals(file: Path, found: Mapping[str, Numbers]) -> Numbers:
    """The array of them, a row a lead: there are more samples than leads."""
    name = next((name for name in SIGNALS if name in found), None)
    if name is None:
        there = listed(found) or "none"
        raise UnreadableRecording(f"{file.name} has the arrays {there}, expected one of: {', '.join(SIGNALS)}")
    signals = found[name]
    return signals if signals.shape[0] <= signals.shape[1] else signals.T


def _rate(found: Mapping[str, Numbers]) -> float | None:
    rates = [float(found[name][0, 0]) for name in RATES if name in found and found[name].shape == (1, 1)]
    return next((rate for rate in rates if np.isfinite(rate) and rate > 0), None)
