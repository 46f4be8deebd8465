"""The classes that a comparison counts, and what annotation symbols mean to it."""

from collections.abc import Mapping
from typing import Literal, get_args

BeatClass = Literal["N", "S", "V", "F", "Q", "O", "X"]

CLASSES: tuple[BeatClass, ...] = get_args(BeatClass)
"""The five beat classes, then two that stand for a beat which one side does not have: O, and X in shutdown."""

ClassOf = Mapping[str, BeatClass]
"""The class of each annotation symbol that marks a QRS complex; all other symbols mark none."""

_SYMBOLS: dict[BeatClass, str] = {
    "N": "NLRB",
    "S": "AaJSejn",
    "V": "VEr",
    "F": "F",
    "Q": "Q/f?",
    "O": "!",
}

CLASS_OF: ClassOf = {symbol: name for name, symbols in _SYMBOLS.items() for symbol in symbols}
"""As PhysioNet's bxb reads the standard: escape beats (e, j, n) are supraventricular ectopic.

A flutter wave (!) outside a marked flutter is a QRS complex to it, but one of no class.
"""

CLASS_OF_IN_LITERATURE: ClassOf = {**CLASS_OF, "e": "N", "j": "N"}
"""As de Chazal et al. (2004) and most papers since read it, and `ecg.labels`: atrial and nodal escape beats are N."""
