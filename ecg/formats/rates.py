"""Rates: signals that were recorded each at its own rate, brought up to one, piece by piece."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Bool, Float, Float32

from ecg.signal.resampling import FILTER_HALF, Resampler

MOST = 1000
"""The numerator and the denominator of a ratio of two rates: a filter is so many times as long as its half."""

HIGHEST = 40
"""Times that a signal is brought up: what is slower beside the fastest that is read (2,000 Hz) is no ECG (50 Hz)."""

Block = Float32[np.ndarray, "lead sample"]
Piece = Float[np.ndarray, "sample"]


def fits(ratio: Fraction) -> bool:
    """Whether a signal can be brought up so many times."""
    return 1 <= ratio <= HIGHEST and max(ratio.numerator, ratio.denominator) <= MOST


def at_one_rate(pieces: Iterator[Sequence[Piece]], ratios: Sequence[Fraction]) -> Iterator[Block]:
    """The signals at the highest of their rates, which is `ratios` times that of each; NaN stays NaN.

    Each item of `pieces` holds the next samples of all signals, over the same time. What comes is as long as all that
    went in, and lags a little behind.
    """
    if all(ratio == 1 for ratio in ratios):
        yield from (np.array(piece, dtype=np.float32) for piece in pieces)
        return
    signals = [_Raised(ratio) if ratio > 1 else _Kept() for ratio in ratios]
    for piece in pieces:
        for signal, part in zip(signals, piece, strict=True):
            signal.push(part)
        yield _together(signals)
    for signal in signals:
        signal.finish()
    yield _together(signals)


class _Kept:
    """A signal of the highest rate; `waiting` is what waits for the others."""

    def __init__(self) -> None:
        self.waiting: Float32[np.ndarray, sample] = np.zeros(0, np.float32)

    def push(self, signal: Piece) -> None:
        """Take the next piece."""
        self.waiting = np.concatenate((self.waiting, signal.astype(np.float32)))

    def finish(self) -> None:
        """Nothing more comes."""


class _Raised(_Kept):
    """A signal that is brought up by polyphase filtering; its gaps are filled for the filter, and are gaps after it."""

    def __init__(self, ratio: Fraction) -> None:
        super().__init__()
        self._ratio = ratio
        self._resampler = Resampler(float(ratio.denominator), float(ratio.numerator))
        self._margin = -(-2 * FILTER_HALF // ratio.denominator) * ratio.denominator
        """Samples before the first and after the last, so that the filter sees no step there; whole turns of it."""
        self._last = 0.0
        self._begun = False
        self._surplus = self._margin * ratio.numerator // ratio.denominator
        """Samples that are still to come of what was put before the first."""
        self._missing: Bool[np.ndarray, sample] = np.zeros(0, bool)
        self._done = 0
        """Samples that came out since the first of `_missing`, which is at a whole turn of the filter."""

    def push(self, signal: Piece) -> None:
        """Take the next piece, which makes earlier ones certain."""
        if len(signal):
            self._missing = np.concatenate((self._missing, np.isnan(signal)))
            self._take(self._resampler.push(self._filled(signal)))

    def finish(self) -> None:
        """Nothing more comes: it goes on as it ended."""
        if self._begun:
            self._take(self._resampler.push(np.full(self._margin, self._last)))
            self._take(self._resampler.finish())

    def _filled(self, signal: Piece) -> Float[np.ndarray, "filled"]:
        """With the last value where there is none, and a margin before the first of all."""
        places = np.where(np.isnan(signal), 0, np.arange(1, len(signal) + 1))
        there = np.flatnonzero(places)
        if not self._begun and len(there):
            self._last = float(signal[there[0]])
        filled = np.concatenate(([self._last], signal))[np.maximum.accumulate(places)].astype(np.float64)
        before = np.full(0 if self._begun else self._margin, filled[0])
        self._begun, self._last = True, float(filled[-1])
        return np.concatenate((before, filled))

    def _take(self, raised: Float32[np.ndarray, "ready"]) -> None:
        surplus = min(self._surplus, len(raised))
        self._surplus -= surplus
        raised = raised[surplus:]
        up, down = self._ratio.numerator, self._ratio.denominator
        sources = (self._done + np.arange(len(raised))) * down // up
        raised = raised[: np.searchsorted(sources, len(self._missing))]
        raised[self._missing[sources[: len(raised)]]] = np.nan
        self._done += len(raised)
        turns = self._done // up
        self._missing = self._missing[turns * down :]
        self._done -= turns * up
        self.waiting = np.concatenate((self.waiting, raised))


def _together(signals: Sequence[_Kept]) -> Block:
    """As many samples as all signals have."""
    length = min(len(signal.waiting) for signal in signals)
    ready = np.array([signal.waiting[:length] for signal in signals])
    for signal in signals:
        signal.waiting = signal.waiting[length:]
    return ready
