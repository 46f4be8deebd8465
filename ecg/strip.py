"""A strip: a recording's signals as a screen can show them, at any zoom, in tiles of a fixed number of columns.

A column of level k stands for 2^k samples and holds their lowest and highest value, so that no wave is lost however far
one looks from. Level 0 is the signal itself.
"""

import numpy as np
from jaxtyping import Float32

from ecg.recording import Recording

COLUMNS = 1024
"""Of a tile."""

BASE = 4
"""The level from which on columns are made of those of this one, which is kept."""

AT_ONCE = 2**20
"""Samples that are read at once; a multiple of any column's."""

Tile = Float32[np.ndarray, "lead extreme column"]


class Strip:
    """The tiles of a recording."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        samples = recording.signals.shape[1]
        self.levels = max(int(np.ceil(np.log2(max(samples, 1) / COLUMNS))), 0) + 1
        """At the last level one tile shows all."""
        pieces = [
            _extremes(np.asarray(recording.signals[:, start : start + AT_ONCE]), 2**BASE)
            for start in range(0, samples, AT_ONCE)
        ]
        self._base = np.concatenate([np.zeros((len(recording.leads), 2, 0), np.float32), *pieces], axis=2)

    def tile(self, level: int, number: int) -> Tile:
        """The columns from `number * 1024` on, as far as the recording goes: lowest and highest value, in mV.

        NaN is a gap. Level and number may be any from 0 on: beyond the recording there are no columns.
        """
        start, stop = number * COLUMNS, (number + 1) * COLUMNS
        if level == 0:
            signals = np.asarray(self.recording.signals[:, start:stop])
            return np.stack([signals, signals], axis=1)
        if level < BASE:
            signals = np.asarray(self.recording.signals[:, start << level : stop << level])
            return _extremes(signals, 2**level)
        shift = min(level - BASE, self._base.shape[2].bit_length())  # wider, a column would hold no more
        return _joined(self._base[:, :, start << shift : stop << shift], 2**shift)


def _extremes(signals: Float32[np.ndarray, "lead sample"], width: int) -> Tile:
    return _joined(np.stack([signals, signals], axis=1), width)


def _joined(columns: Tile, width: int) -> Float32[np.ndarray, "lead extreme joined"]:
    """The lowest of the lowest and the highest of the highest of each `width` columns; NaN counts only among itself."""
    if not columns.shape[2]:
        return columns
    missing = -columns.shape[2] % width
    padded = np.pad(columns, ((0, 0), (0, 0), (0, missing)), constant_values=np.nan)
    groups = padded.reshape(*padded.shape[:2], -1, width)
    lowest, highest = np.fmin.reduce(groups[:, 0], axis=2), np.fmax.reduce(groups[:, 1], axis=2)
    return np.stack([lowest, highest], axis=1)
