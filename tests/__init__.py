"""How types and shapes are checked while the tests run (`--jaxtyping-packages`): a whole number passes for a float."""

import random

from beartype import BeartypeConf, beartype
from jaxtyping import config

CHECKED_FIRST = 1000
CHECKED_SHARE = 0.02

check = beartype(conf=BeartypeConf(is_pep484_tower=True))


class Unchecked:
    """Whether a call goes unchecked: none of a test's first ones, and of the others all but a share that is drawn.

    The calls of a long test are alike, and to check one takes several times as long as to run it.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A test begins."""
        self.calls = 0
        self.draw = random.Random(0)

    def __bool__(self) -> bool:
        self.calls += 1
        return self.calls > CHECKED_FIRST and self.draw.random() >= CHECKED_SHARE


UNCHECKED = Unchecked()
config.jaxtyping_disable = UNCHECKED  # which jaxtyping asks before each call
