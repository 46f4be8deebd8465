"""Signals: which of those that a file holds are leads, and in what unit.

A caller's word comes first, then the unit and the name in the file. Where one signal says that it is an ECG, those that
say neither that nor the name of a lead are something else: a chin's muscles are measured in millivolts too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ecg.leads import distinct_names, is_lead_name, may_be_ecg, plain_name, says_ecg
from ecg.messages import shortened
from ecg.reading import LeadRead, LeftOut, ReadOptions
from ecg.source import check_unit
from ecg.units import UNITS, millivolts

NO_UNIT = frozenset(
    (
        *("", "?", "?v", "-", "--", "none", "n/a", "na", "nd", "unknown", "adu", "au", "a.u.", "a/d", "adc", "count"),
        *("counts", "bit", "bits", "digit", "digits", "level", "lsb", "raw", "unit", "units"),
    )
)
"""What programs write that know none, in small letters; `?v` was a micro sign once."""

OTHER_UNITS = frozenset(
    (
        *("mmhg", "cmh2o", "kpa", "pa", "bar", "bpm", "rpm", "1/min", "/min", "l/min", "l/s", "ml/s", "l", "ml", "%"),
        *("g", "mg", "m/s", "m/s2", "m/s^2", "n", "deg", "degc", "degf", "°c", "°f", "c", "k", "hz", "s", "ms", "ohm"),
        *("kohm", "mohm", "us", "a", "ma", "ua", "lux", "w", "db"),
    )
)
"""Of what is no voltage, in small letters."""

TYPICAL = 1.5
"""mV between the lowest and the highest of a beat."""


@dataclass(frozen=True)
class Signal:
    """One of a file, by what its header says.

    `default` is the unit of one that states none, where its format says so. `wrong` says why it cannot be read.
    """

    name: str
    unit: str
    default: str | None = None
    wrong: str | None = None


Values = Callable[[int], tuple[Float[np.ndarray, "sample"], float]]
"""Values of the signal at a place in the file, in the unit that it does not state, and the seconds that they last."""


@dataclass(frozen=True)
class Chosen:
    """The leads among the signals of a file: their places in it, how each was read, how many mV one of its unit is."""

    places: tuple[int, ...] = ()
    leads: tuple[LeadRead, ...] = ()
    factors: tuple[float, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    others: tuple[Signal, ...] = ()
    """Those that are left out, as the file describes them."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the leads."""
        return tuple(lead.name for lead in self.leads)


def choose(signals: Sequence[Signal], options: ReadOptions, values: Values) -> Chosen:
    """The leads among the signals. Where one states no unit and has no default, it is guessed by its `values`.

    Raises InvalidSignals for an option that is no unit.
    """
    named = next((signal.name for signal in signals if says_ecg(signal.name)), None)
    certain = any(_reason(signal, options, named, True) is None for signal in signals)
    reasons = [_reason(signal, options, named, certain) for signal in signals]
    places = tuple(place for place, reason in enumerate(reasons) if reason is None)
    names = distinct_names([signals[place].name for place in places])
    leads = tuple(
        _read(name, signals[place], place, options, values) for name, place in zip(names, places, strict=True)
    )
    others = {place: reason for place, reason in enumerate(reasons) if reason is not None}
    return Chosen(
        places,
        leads,
        tuple(check_unit(lead.unit) for lead in leads),
        tuple(LeftOut(signals[place].name, reason) for place, reason in others.items()),
        tuple(signals[place] for place in others),
    )


def likely_unit(values: Float[np.ndarray, "sample"], seconds: float) -> str:
    """The unit in which the height of the values, of so many seconds, is most like that of beats."""
    parts = np.array_split(values, max(1, min(int(seconds), len(values))))
    heights = [float(np.ptp(part[np.isfinite(part)])) for part in parts if np.isfinite(part).any()]
    height = float(np.median([one for one in heights if 0 < one < np.inf] or [0.0]))  # a flat start says nothing
    if not height:
        return "mV"
    return min(UNITS, key=lambda unit: abs(np.log10(height * check_unit(unit) / TYPICAL)))


def _reason(signal: Signal, options: ReadOptions, named: str | None, certain: bool) -> str | None:
    """Why a signal is no lead; None for one that is. Where one is `certain`, another has to say that it is one too."""
    if signal.wrong:
        return signal.wrong
    if options.lead is not None and _same(signal.name, options.lead):
        return None
    if not may_be_ecg(signal.name):
        return "its name is that of another kind of signal"
    is_named = says_ecg(signal.name) or is_lead_name(signal.name)
    if named is not None and not is_named:
        return f"its name is none of a lead, and that of {shortened(named)} says that it is the ECG"
    if signal.default is not None or millivolts(signal.unit) is not None:
        return None
    unit = signal.unit.strip().lower()
    if unit in OTHER_UNITS or (unit not in NO_UNIT and not is_named):
        return f"its unit, {shortened(signal.unit)}, is no voltage"
    return None if is_named or not certain else "it states no unit, and its name is none of a lead"


def _same(name: str, asked: str) -> bool:
    plain = plain_name(asked)
    return name == asked or (plain_name(name) == plain and (plain != "" or says_ecg(name)))


def _read(name: str, signal: Signal, place: int, options: ReadOptions, values: Values) -> LeadRead:
    if options.unit is not None:
        check_unit(options.unit)
        return LeadRead(name, options.unit, "option", place + 1)
    if millivolts(signal.unit) is not None:
        return LeadRead(name, signal.unit.strip(), "file", place + 1)
    if signal.default is not None:
        return LeadRead(name, signal.default, "default", place + 1)
    return LeadRead(name, likely_unit(*values(place)), "values", place + 1)
