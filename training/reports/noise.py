"""What the noise stress test shows, in tables."""

from collections.abc import Mapping, Sequence

from ecg.scoring import QRS, SVEB_OF_MANY, VEB, Statistic, Statistics, Summary
from ecg.scoring.five_classes import FIVE_CLASSES
from training.evaluation.noise_stress import NoiseLevel
from training.table import table

KINDS: Mapping[str, Statistics] = {"QRS": QRS, "VEB": VEB, "SVEB": SVEB_OF_MANY}
"""By the standard."""


def noise_tables(levels: Sequence[NoiseLevel]) -> str:
    """Sensitivity and positive predictivity at each level: by the standard, then of each class against all others."""
    return f"{_table(levels, KINDS)}\n\n{_table(levels, FIVE_CLASSES)}"


def level_name(level: NoiseLevel) -> str:
    """The level in words."""
    return "no noise" if level.decibels is None else f"{level.decibels:g} dB"


def percent(level: NoiseLevel, statistic: Statistic) -> float | None:
    """A statistic of the beats of all recordings at one level."""
    return Summary(level.comparisons).gross(statistic).percent


def _table(levels: Sequence[NoiseLevel], kinds: Mapping[str, Statistics]) -> str:
    statistics = [s for kind in kinds.values() for s in (kind.sensitivity, kind.positive_predictivity)]
    rows = [
        [
            level_name(level),
            *("-" if (share := percent(level, one)) is None else f"{share:.2f}%" for one in statistics),
            f"{level.unjudged:.2%}",
            f"{level.abstained:.2%}",
        ]
        for level in levels
    ]
    columns = [f"{name} {short}" for name in kinds for short in ("Se", "+P")]
    return table(["signal to noise", *columns, "not classified", "abstained"], rows)
