"""How types and shapes are checked while the tests run (`--jaxtyping-packages`): a whole number passes for a float."""

import sys
from collections import Counter
from types import CodeType

from beartype import BeartypeConf, beartype
from jaxtyping import config

CHECKED_FIRST = 10
CHECKED_LATER = 50

check = beartype(conf=BeartypeConf(is_pep484_tower=True))


class Unchecked:
    """Whether a call goes unchecked: in each test the first calls of a function are checked, later one of so many.

    To check a call takes several times as long as to run it, and the later ones are mostly like the first.
    """

    def __init__(self) -> None:
        self.calls: Counter[CodeType] = Counter()

    def begin(self) -> None:
        """A test begins."""
        self.calls.clear()

    def __bool__(self) -> bool:
        # As jaxtyping names the function that it asks for; of which the code alone, since a closure keeps what it uses.
        code = sys._getframe(1).f_locals["fn"].__code__
        self.calls[code] += 1
        return self.calls[code] > CHECKED_FIRST and self.calls[code] % CHECKED_LATER > 0


UNCHECKED = Unchecked()
config.jaxtyping_disable = UNCHECKED  # which jaxtyping asks before each call
