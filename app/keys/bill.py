"""A bill: what a request costs the key that sent it. It is held at the door, and settled when all work has ended.

What is being solved is not known until it has been: of a request that is too late, or whose client has left, a part was
solved, and that part is paid.
"""

import threading
from types import TracebackType

import numpy as np
from jaxtyping import Float64

from app.errors import TooDear
from app.keys.allowance import BURST_SECONDS, Allowance

USUAL_EFFORT = 200
"""Of a beat, in evaluations of an explicit method, that one beat pays for: no released setting takes as much. Each more
as much costs as another beat."""

USUAL_MOST = 2000
"""What a beat of any key may take, as `max_evaluations` is where a request says nothing."""


def check_affordable(allowance: Allowance, evaluations: int, weight: float) -> None:
    """Raises TooDear for more than one beat may take: what a key can pay for by all that it can save up, or the usual.

    So what is paid after it was solved is never much. Each evaluation is an effort of this weight.
    """
    if allowance.rate is None:
        return
    most = max((1 + BURST_SECONDS * allowance.rate) * USUAL_EFFORT, USUAL_MOST) / weight
    if evaluations > most:
        raise TooDear(evaluations, most)


class Bill:
    """That of one request, of which each beat has a price, 0 where it is paid otherwise.

    What is dear is paid as it was; beats that were solved are, but never for more than was said at the door.

    Whoever may still add to it holds it open (`with bill`, or `open` and `close`); who closes it last settles it.
    """

    def __init__(self, allowance: Allowance, price: int = 1) -> None:
        self.allowance = allowance
        self.price = price
        self._lock = threading.Lock()
        self._holders = 0
        self._asked = self._held = 0
        self._solved = self._dear = 0

    def __enter__(self) -> "Bill":
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def hold(self, beats: int, cost: int = 1, effort: float = 0) -> None:
        """Pay for beats that will cost so much each, and for the effort that each will take. Raises OverLimit."""
        held = beats * (cost + int(effort // USUAL_EFFORT))
        self.allowance.charge(held)
        self._asked, self._held = beats * cost, held

    def open(self) -> None:
        """Somebody may add to it."""
        with self._lock:
            self._holders += 1

    def spend(self, efforts: Float64[np.ndarray, "beat"]) -> None:
        """Add beats that were solved, or as far as they were, by the effort that each took."""
        with self._lock:
            self._solved += self.price * len(efforts)
            self._dear += int((efforts // USUAL_EFFORT).sum())

    def close(self) -> None:
        """Nobody of these will add to it any more: pay what was spent beyond what was held, or get back the rest."""
        with self._lock:
            self._holders -= 1
            if self._holders:
                return
            owed = min(self._solved, self._asked) + self._dear - self._held
            self._asked = self._held = self._solved = self._dear = 0
        self.allowance.pay(owed)
