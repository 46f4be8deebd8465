"""Turns: whose beats are solved next. Clients take turns, however many requests and settings each of them has.

First comes who has fewest workers, then who was given least of their time: fair queuing (Demers, Keshav and Shenker,
"Analysis and simulation of a fair queueing algorithm", 1989), by seconds that were measured. Who has asked for nothing
saves nothing up, since whoever begins to ask begins at the common clock: how much each would have been given until
now who asked all the time.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

RECENT_SECONDS = 1.0
"""A client that asked within these is there, though nothing of it waits: it may ask again at any moment."""

MOST_RESTING = 1024
"""Clients without work whose debts are remembered."""


@dataclass
class Account:
    """What is known of one client."""

    spent: float = 0.0
    """Seconds of workers that it was given, on the common clock."""
    waiting: int = 0
    """Its requests that wait, in whole or in part."""
    workers: int = 0
    """That solve beats of it."""

    @property
    def active(self) -> bool:
        """Whether it has any work here."""
        return bool(self.waiting or self.workers)


class Turns:
    """The clients that have work, by name. It belongs to one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._given = 0.0
        """The common clock."""
        self._active: dict[str, Account] = {}
        self._resting: OrderedDict[str, Account] = OrderedDict()
        self._asked: OrderedDict[str, float] = OrderedDict()
        """When each client asked last, the latest last."""

    def join(self, client: str) -> None:
        """A request of a client begins to wait."""
        account = self._active.get(client)
        if account is None:
            account = self._active[client] = self._resting.pop(client, Account())
            account.spent = max(account.spent, self._given)
        account.waiting += 1

    def leave(self, client: str) -> None:
        """One waits no longer."""
        self._active[client].waiting -= 1
        self._rest(client)

    def begin(self, clients: Set[str]) -> None:
        """A worker begins to solve beats of these."""
        for client in clients:
            self._active[client].workers += 1

    def end(self, seconds: Mapping[str, float]) -> None:
        """A worker has ended, which has spent so many seconds on the beats of each client."""
        self._given += sum(seconds.values()) / max(len(self._active), 1)
        for client, spent in seconds.items():
            account = self._active[client]
            account.spent += spent
            account.workers -= 1
            self._rest(client)

    def place(self, client: str) -> tuple[int, float]:
        """Of an active client: the least comes first."""
        account = self._active[client]
        return account.workers, account.spent

    def workers_of(self, client: str) -> int:
        """That solve beats of an active client."""
        return self._active[client].workers

    def note(self, client: str) -> None:
        """A client asks for something that it waits for."""
        self._asked[client] = self._clock()
        self._asked.move_to_end(client)
        while self._asked and next(iter(self._asked.values())) <= self._clock() - RECENT_SECONDS:
            self._asked.popitem(last=False)

    def is_alone(self, client: str) -> bool:
        """Whether no other client has asked for anything within a second."""
        others = (asked for other, asked in reversed(self._asked.items()) if other != client)
        return next(others, -RECENT_SECONDS) <= self._clock() - RECENT_SECONDS

    def _rest(self, client: str) -> None:
        """Put a client aside that has no more work."""
        if self._active[client].active:
            return
        account = self._active.pop(client)
        if account.spent > self._given:
            self._resting[client] = account
        while self._resting and (len(self._resting) > MOST_RESTING or self._is_even()):
            self._resting.popitem(last=False)

    def _is_even(self) -> bool:
        """Whether the one that has rested longest owes nothing any more."""
        return next(iter(self._resting.values())).spent <= self._given
