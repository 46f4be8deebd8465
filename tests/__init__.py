"""How types and shapes are checked while the tests run (`--jaxtyping-packages`): a whole number passes for a float."""

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from beartype import BeartypeConf, beartype
from jaxtyping import config

# Images often forbid it: each process that a test starts would compile all sources anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

CHECKED_FIRST = 10
CHECKED_LATER = 50

_beartyped = beartype(conf=BeartypeConf(is_pep484_tower=True))


def check(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its types checked, as jaxtyping asks for; its annotations are read at the first call.

    To read them takes a millisecond, and a function within another is defined anew at each call of that one.
    """
    checked = cache(lambda: _beartyped(function))
    return lambda *args, **kwargs: checked()(*args, **kwargs)


class Unchecked:
    """Whether a call goes unchecked: in each test the first calls of a function are checked, later one in so many.

    A check takes several times as long as most calls, and the later calls are mostly like the first.
    """

    def __init__(self) -> None:
        self.calls: dict[int, int] = {}

    def begin(self) -> None:
        """A test begins."""
        self.calls.clear()

    def __bool__(self) -> bool:
        # As jaxtyping names the function that it asks for. By the identity of its code: a hash takes longer, and a
        # function within another is a new one each time.
        code = id(sys._getframe(1).f_locals["fn"].__code__)
        self.calls[code] = calls = self.calls.get(code, 0) + 1
        return calls > CHECKED_FIRST and calls % CHECKED_LATER > 0


UNCHECKED = Unchecked()
config.jaxtyping_disable = UNCHECKED  # its truth is asked for before each call
