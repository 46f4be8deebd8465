"""Shares in print, to the letter as PhysioNet's programs write them: in whole percent, or a hyphen."""

from collections.abc import Iterable

from ecg.scoring.statistics import Ratio

UNDEFINED = "   -"


def percent(ratio: Ratio) -> int | None:
    """As epicmp and rxr round it: halves upwards."""
    return None if ratio.percent is None else int(ratio.percent + 0.5)


def columns(ratios: Iterable[Ratio]) -> str:
    """A column each, as epicmp and rxr write it."""
    return "".join(UNDEFINED if (share := percent(ratio)) is None else f" {share:3d}" for ratio in ratios)


def columns_of_many(ratios: Iterable[Ratio]) -> str:
    """A column each, as sumstats writes it: halves to the even number."""
    return "".join(UNDEFINED if ratio.percent is None else f" {ratio.percent:3.0f}" for ratio in ratios)


def line(label: str, ratio: Ratio, quotient: str) -> str:
    """A label, a share, and what it is the share of."""
    share = percent(ratio)
    return f"{label}:{'   - ' if share is None else f' {share:3d}%'} ({quotient})"
