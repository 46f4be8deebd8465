"""Context: what a beat's neighbours and its patient's habits say of it, as numbers that a network can take.

Everything is held against what is usual for this patient, so that 0 means: as usual, or not known. A beat is looked at
as it is and as it differs from the usual beat, in two leads; of the rhythm there are the intervals around it, and how
much it and its neighbours resemble the usual beat.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64
from numpy.lib.stride_tricks import sliding_window_view

from ecg.context.likeness import MEASURES, PARTS, TO_EITHER_SIDE, likeness, p_waves_beside
from ecg.context.pace import LOCAL, USUAL_RR, Pace, changes, deviations, local_median
from ecg.context.usual_beat import VIEW_LENGTH, UsualBeat

LEADS = 2
VIEWS = 2 * LEADS
"""Each lead as it is, and less the usual beat."""

EARLIER, LATER = 7, 8
"""The intervals given: from the seventh before a beat's own to the eighth after it."""

NEIGHBOURS = 4
"""Beats to either side whose resemblance is given."""

OF_A_LEAD = 2 * (2 * NEIGHBOURS + 1) + MEASURES * len(PARTS) + 2 * TO_EITHER_SIDE

OF_THE_INTERVALS = EARLIER + 1 + LATER + 15

RHYTHM_LENGTH = OF_THE_INTERVALS + LEADS * OF_A_LEAD

REACH = 3 * LOCAL
"""Beats to either side that a beat's numbers depend on, beside the habits."""


CONTEXT_LENGTH = VIEWS * VIEW_LENGTH + RHYTHM_LENGTH


def columns_of(lead: int) -> Int64[np.ndarray, "column"]:
    """Where the numbers of a lead, 0 or 1, stand in a row: its two views, and what is said of their likeness."""
    columns, start = [2 * lead * VIEW_LENGTH + np.arange(2 * VIEW_LENGTH)], VIEWS * VIEW_LENGTH + OF_THE_INTERVALS
    for width in (2 * (2 * NEIGHBOURS + 1), MEASURES * len(PARTS), 2 * TO_EITHER_SIDE):
        columns.append(start + width * lead + np.arange(width))
        start += LEADS * width
    return np.concatenate(columns)


@dataclass(frozen=True)
class BeatsInContext:
    """Beats as a recording classifier takes them: a row of numbers each, first its views, then what its rhythm says."""

    values: Float32[np.ndarray, "beat 587"]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def views(self) -> Float32[np.ndarray, "beat 4 125"]:
        """1 s around each R peak at 125 Hz, in heights of the usual QRS complex, `compressed`.

        Of the first lead, of its difference from the usual beat, and the same of a second lead, zeros where there is
        none.
        """
        return self.values[:, :-RHYTHM_LENGTH].reshape(-1, VIEWS, VIEW_LENGTH)

    @property
    def rhythm(self) -> Float32[np.ndarray, "beat 87"]:
        """Logarithms of ratios of intervals, resemblances, and likeness."""
        return self.values[:, -RHYTHM_LENGTH:]

    def select(self, which: Bool[np.ndarray, "beat"] | Int64[np.ndarray, "selected"]) -> "BeatsInContext":
        """Some of them."""
        return BeatsInContext(self.values[which])

    def replaced(self, which: Bool[np.ndarray, "beat"], by: "BeatsInContext") -> "BeatsInContext":
        """Some of them as they are in another context."""
        return BeatsInContext(np.where(which[:, None], by.values, self.values))

    @classmethod
    def joined(cls, parts: Sequence["BeatsInContext"]) -> "BeatsInContext":
        """Those of all parts, in their order."""
        return cls(np.concatenate([np.zeros((0, CONTEXT_LENGTH), np.float32), *(part.values for part in parts)]))


def in_context(
    views: Float64[np.ndarray, "lead beat 125"],
    intervals: Float64[np.ndarray, "beat"],
    which: slice,
    around: slice,
    usual: Sequence[UsualBeat],
    pace: Pace,
    later: int = LATER,
) -> BeatsInContext:
    """Some of these beats in the context of the others, of which `later` after each are known.

    With one, as a live signal has it, nothing that comes after it changes a beat's numbers. `views` are in mV, and
    `intervals`, those before each beat, in seconds, NaN for none. `around` are the beats of the same minutes, and
    `usual` is the usual one of these in each lead.
    """
    wide = slice(max(which.start - REACH, 0), which.stop + REACH)
    inner = slice(which.start - wide.start, which.stop - wide.start)
    shown = np.zeros((which.stop - which.start, VIEWS, VIEW_LENGTH))
    resemblance = np.zeros((2 * LEADS, len(intervals[wide])))
    alike = np.zeros((LEADS, which.stop - which.start, MEASURES * len(PARTS)))
    beside = np.zeros((LEADS, which.stop - which.start, 2 * TO_EITHER_SIDE))
    seen = min(later - 1, NEIGHBOURS)  # an R peak is known before what follows it is
    early = deviations(intervals[around], later)
    for lead, of_lead in enumerate(usual):
        near = views[lead, wide]
        shown[:, 2 * lead] = compressed(near[inner] / of_lead.height)
        shown[:, 2 * lead + 1] = compressed((near[inner] - of_lead.view) / of_lead.height)
        resemblance[2 * lead] = 1 - of_lead.correlation(near)
        resemblance[2 * lead + 1] = of_lead.relative_height(near)
        alike[lead] = likeness(near[inner], views[lead, around], early, intervals[around])
        beside[lead] = p_waves_beside(near, seen)[inner]
    columns = [_intervals(intervals[wide], pace, later)]
    columns += [_around(values, NEIGHBOURS, NEIGHBOURS, seen) for values in resemblance]
    rhythm = np.concatenate((np.concatenate(columns, axis=1)[inner], *alike, *beside), axis=1)
    values = np.concatenate((shown.reshape(len(shown), -1), rhythm), axis=1)
    return BeatsInContext(np.nan_to_num(values).astype(np.float32))


def compressed(heights: Float64[np.ndarray, "*beat 125"]) -> Float64[np.ndarray, "*beat 125"]:
    """Heights on a scale that is linear near 0 and logarithmic far from it: P waves show beside a QRS complex."""
    return np.asarray(np.arcsinh(8 * heights) / 2)


def expanded(values: Float64[np.ndarray, "*beat 125"]) -> Float64[np.ndarray, "*beat 125"]:
    """The heights that were `compressed`."""
    return np.asarray(np.sinh(2 * values) / 8)


def _intervals(intervals: Float64[np.ndarray, "beat"], pace: Pace, later: int) -> Float64[np.ndarray, "beat 31"]:
    """What the intervals around each beat say; NaN where that is not known."""
    following = min(LOCAL, later)
    settled = following if later > 1 else 0  # how an interval deviates is known by the next
    local = np.log(local_median(intervals, LOCAL, following))
    before = np.log(intervals)
    after = np.append(before[1:], np.nan)
    usual, low, high, highest = np.log((pace.interval, *pace.quantiles))
    summary = [
        before - usual,
        after - usual,
        after - before,
        local - usual,
        before - low,
        before - high,
        before - highest,
        after - high,
        np.full_like(before, low - usual),
        np.full_like(before, highest - usual),
        np.full_like(before, usual - np.log(USUAL_RR)),
        4 * local_median(changes(intervals, later), LOCAL, settled),
        np.full_like(before, 4 * pace.change),
        np.full_like(before, pace.irregular),
        np.log(local_median(intervals, 3, min(3, later))) - local,
    ]
    around = _around(before, EARLIER, LATER, later) - local[:, None]
    return np.concatenate((around, np.stack(summary, axis=1)), axis=1)


def _around(values: Float64[np.ndarray, "beat"], before: int, after: int, known: int) -> Float64[np.ndarray, "beat n"]:
    """The values from so many beats before each to so many after; NaN beyond the ends, and beyond what is known."""
    windows = sliding_window_view(np.pad(values, (before, after), constant_values=np.nan), before + after + 1).copy()
    windows[:, before + known + 1 :] = np.nan
    return windows
