"""Places: how many may be worked on at once, of what costs much."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

RETRY_SECONDS = 5


class Busy(Exception):
    """So much is being done that no more may be; in so many seconds it may be less."""

    def __init__(self, what: str, retry_seconds: int = RETRY_SECONDS) -> None:
        super().__init__(f"{what} already, which is the limit; come again in a few seconds")
        self.retry_seconds = retry_seconds


class Places:
    """So many places for one kind of work."""

    def __init__(self, what: str, most: int) -> None:
        self.what = what
        self.most = most
        self._free = threading.BoundedSemaphore(most) if most else None

    def check(self) -> None:
        """Raises Busy where there is none now; that there is one does not keep it."""
        with self.taken():
            pass

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place. Raises Busy where there is none."""
        if self._free is None or not self._free.acquire(blocking=False):
            raise Busy(f"{self.most} {self.what} are worked on")
        try:
            yield
        finally:
            self._free.release()
