"""Room: how many connections a server may have, out of the files that the process may open."""

import resource
from typing import Protocol

MOST_CONNECTIONS = 8192
"""However many files the process may open: each connection may hold a head of a request in memory."""

LEAST_RESERVE, MOST_RESERVE = 128, 512
"""Files that are left to all else: models, recordings, workers, the port for operations, what is accepted at once."""

SPARE_CONNECTIONS = 32
"""Beyond those that a server may have, over which it answers about its health alone."""


class Resting(Protocol):
    """A connection, while nothing that was asked over it is being answered."""

    def give_way(self) -> None:
        """Close it."""


class Room:
    """The connections of a server. Of those over which nothing is being answered the eldest makes place for a new one.

    That is the one over which nothing was answered for longest, so that neither connections that rest nor heads that
    do not end keep others out.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._all: set[Resting] = set()
        self._resting: dict[Resting, None] = {}
        """The eldest first."""

    def enter(self, connection: Resting) -> None:
        """A connection begins, and rests."""
        if self.full and self._resting:
            eldest = next(iter(self._resting))
            self.leave(eldest)
            eldest.give_way()
        self._all.add(connection)
        self._resting[connection] = None

    def leave(self, connection: Resting) -> None:
        self._all.discard(connection)
        self._resting.pop(connection, None)

    def works(self, connection: Resting) -> None:
        """Something that was asked over it is being answered."""
        self._resting.pop(connection, None)

    def rests(self, connection: Resting) -> None:
        """All that was asked is answered."""
        if connection in self._all:
            self._resting[connection] = None

    @property
    def full(self) -> bool:
        """As many are there as may be."""
        return len(self._all) >= self.most

    @property
    def crowded(self) -> bool:
        """More are there than may be."""
        return len(self._all) > self.most

    @property
    def overfull(self) -> bool:
        """More are there than can be answered at all."""
        return len(self._all) > self.most + SPARE_CONNECTIONS


def raise_limit() -> int:
    """Let the process open as many files as it may at most. How many that are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def reserve(files: int) -> int:
    """Of so many files those that are no connections."""
    return max(LEAST_RESERVE, min(MOST_RESERVE, files // 4))


def most_connections(files: int) -> int:
    """Of a process that may open so many files."""
    return max(1, min(MOST_CONNECTIONS, files - reserve(files)))
