"""Leads: which signals of a recording are of the heart, and which of them beats are cut from."""

import itertools
import re
from collections.abc import Sequence

from ecg.errors import UnknownLead
from ecg.messages import listed, shortened

PREFERRED = ("II", "V5")
"""What the classifiers have learnt from: modified lead II, and V5 where there was none."""

_ALIASES = {"MLII": "II", "ML2": "II", "DII": "II", "D2": "II", "MV5": "V5", "C5": "V5", "CM5": "V5"}

_NOT_ECG = re.compile(
    r"^(ABP|ACC|ACT|AIR|ANN|ART|BP|CO2|CVP|EDA|EEG|EMG|EOG|FLOW|ICP|IBI|LEG|LIGHT|LOC-|MARK|NASAL|NIBP|PAP|PLETH|POS|"
    r"PPG|PULSE|RESP|ROC-|RR$|SAO2|SNORE|SOUND|SPO2|STATUS|STI|TEMP|THERM|THOR|TIB|TRIG)|CHIN|EEG|EMG|EOG|RESP|PLETH|"
    r"EVENT|[(]SUM|^(FP|C|F|O|P|T|E|M)[0-9Z]+-"
)
_SAYS_ECG = re.compile(r"ECG|EKG|ELECTROCARDIO|CARDIOGRAM")
_LEAD_NAME = re.compile(
    r"(ML|MOD[. ]?|D)?I{1,3}|(ML|D)[123]|AV[RLF]|M?V[RLF]?|(M|CM|MC|MOD[. ]?)?V[1-9]R?|C[MC]5|MCL ?[1-6]?"
)


def plain_name(lead: str) -> str:
    """The lead's name as it is compared: `ECG Lead ii`, `MLII` and `D2` are all II."""
    name = _without_prefix(lead)
    return _ALIASES.get(name, name)


def _without_prefix(lead: str) -> str:
    return re.sub(r"^(ECG|EKG|LEAD|[\s_:.-])+", "", lead.strip().upper())


def may_be_ecg(lead: str) -> bool:
    """Whether a signal of this name, in a unit of voltage, can be a lead: it is not known to be something else."""
    return not _NOT_ECG.search(lead.strip().upper())


def says_ecg(lead: str) -> bool:
    """Whether a signal's name says that it is an electrocardiogram, whatever lead it is."""
    return bool(_SAYS_ECG.search(lead.upper()))


def is_lead_name(lead: str) -> bool:
    """Whether a signal has the name of a lead, such as `II`, `aVR` or `MLII`."""
    return bool(_LEAD_NAME.fullmatch(_without_prefix(lead)))


def preferred_lead(leads: Sequence[str]) -> str | None:
    """The lead that a classifier knows best, by name; None where none is known."""
    by_name = {plain_name(lead): lead for lead in reversed(leads)}
    return next((by_name[name] for name in PREFERRED if name in by_name), None)


def find_lead(leads: Sequence[str], asked: str) -> str:
    """The lead that is meant by a name, be it written otherwise. Raises UnknownLead."""
    by_name = {plain_name(lead): lead for lead in reversed(leads)}
    if asked in leads:
        return asked
    if plain_name(asked) in by_name:
        return by_name[plain_name(asked)]
    there = listed(leads) or "none, for there is no lead"
    raise UnknownLead(f"got the lead {shortened(asked)!r}, expected one of: {there}")


def distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names, with a number after each that was there before; one of a signal without a name is its number."""
    distinct: list[str] = []
    for number, name in enumerate(names, 1):
        plain = name or f"signal {number}"
        numbered = (f"{plain} {count}" for count in itertools.count(2))
        distinct.append(next(free for free in itertools.chain([plain], numbered) if free not in distinct))
    return tuple(distinct)
