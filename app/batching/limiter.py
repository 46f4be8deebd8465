"""A limiter: how many may be worked on at once, of what costs much."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import Busy


class Limiter:
    """At most so many of one kind of work at once."""

    def __init__(self, work: str, most: int) -> None:
        self.work = work
        self.most = most
        self._free = threading.BoundedSemaphore(most) if most else None

    def check(self) -> None:
        """Raises Busy where no more may begin now; that one may does not keep its place."""
        with self.held():
            pass

    @contextmanager
    def held(self) -> Iterator[None]:
        """Work meanwhile. Raises Busy where no more may begin."""
        if self._free is None or not self._free.acquire(blocking=False):
            raise Busy(f"the limit of {self.most} {self.work} at once is reached")
        try:
            yield
        finally:
            self._free.release()
