"""The five beat classes and how annotation symbols map to them (ANSI/AAMI EC57:2012, table 3)."""

from typing import Literal, get_args

Label = Literal["N", "S", "V", "F", "Q"]

LABELS: tuple[Label, ...] = get_args(Label)

LABEL_NAMES: dict[Label, str] = {
    "N": "normal",
    "S": "supraventricular ectopic",
    "V": "ventricular ectopic",
    "F": "fusion",
    "Q": "none of these, or paced",
}

SYMBOLS: dict[Label, str] = {
    "N": "NLRej",
    "S": "AaJS",
    "V": "VE",
    "F": "F",
    "Q": "/fQ",
}
"""The PhysioNet annotation symbols of each class, one character a symbol."""

_LABEL_OF_SYMBOL = {symbol: label for label in LABELS for symbol in SYMBOLS[label]}


def label_of(symbol: str) -> Label | None:
    """The class of an annotation symbol, or None where the symbol does not mark a beat that AAMI maps."""
    return _LABEL_OF_SYMBOL.get(symbol)
