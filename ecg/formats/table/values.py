"""Values: what those of a column, from all over a table, say that it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

Look = Literal["words", "empty", "constant", "counter", "times", "levels", "slow", "signal"]
"""What values look like; only a signal can be a lead, where its name does not say that it is one."""

ENOUGH = 100
"""Rows, fewer than which say little."""

STEADY = 3
"""Rows that show a step, where they have no names."""

FEW = 4
"""Values that a column of levels has at most."""

SELDOM = 0.03
"""Of rows: a signal changes more often than so."""

COUNTED = 0.9
"""Of steps that are one up, in a counter that begins anew now and then."""

Values = Float64[np.ndarray, "_"]
"""Of one stretch, which is as long as it is."""


@dataclass(frozen=True)
class ColumnValues:
    """A column's values, stretch by stretch, with how many of its cells are no gaps, and how many of these words."""

    stretches: Sequence[Values]
    filled: int
    words: int

    @property
    def look(self) -> Look:
        """What they look like together."""
        if not self.filled:
            return "empty"
        if 2 * self.words > self.filled:
            return "words"
        return look_of([values[np.isfinite(values)] for values in self.stretches])


def look_of(stretches: Sequence[Values]) -> Look:
    """What stretches of values look like."""
    values = np.concatenate([*stretches, np.zeros(0)])
    if len(values) < ENOUGH:
        return "times" if len(values) >= STEADY and grows(stretches) else "signal"
    with np.errstate(over="ignore"):
        steps = np.concatenate([np.diff(each) for each in stretches])
    if (values == values[0]).all():
        return "constant"
    if (steps == 1).mean() > COUNTED:
        return "counter"
    if grows(stretches):
        return "times"
    if len(np.unique(values)) <= FEW:
        return "levels"
    return "slow" if _changes_seldom(stretches) else "signal"


def grows(stretches: Sequence[Values]) -> bool:
    """Whether values never fall, but rise: with each row or some, as times do that are rounded."""
    with np.errstate(over="ignore"):
        steps = np.concatenate([np.zeros(0), *(np.diff(each) for each in stretches)])
    falls = (steps < 0).mean() if len(steps) else 1.0
    return bool(falls <= 0.001 and (steps > 0).any())


def _changes_seldom(stretches: Sequence[Values]) -> bool:
    """Whether each stretch but those in which nothing happens at all stands still for most of it."""
    shares = [float((np.diff(each) != 0).mean()) for each in stretches if len(each) >= ENOUGH]
    moving = [share for share in shares if share > 0]
    return bool(moving) and max(moving) < SELDOM
