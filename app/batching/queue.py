"""A queue: requests whose beats wait to be solved together. Their clients take turns, and so do requests of each."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Set

from app.batching.batch import PendingRequest, Piece

Place = tuple[int, float]
"""Of a client among others: the least comes first."""


class Queue:
    """Those of one batch key. In its turn, at most `most_beats` of a request are taken.

    It counts in `before`, which others may share, the beats of each client whose turn is before that of another request
    of it that comes now.
    """

    def __init__(self, most_beats: int, before: Counter[str] | None = None) -> None:
        self.most_beats = most_beats
        self.before: Counter[str] = Counter() if before is None else before
        self.beats = 0
        """That wait."""
        self._requests: dict[str, deque[PendingRequest]] = {}
        """Of each client."""

    def __iter__(self) -> Iterator[PendingRequest]:
        for requests in self._requests.values():
            yield from requests

    @property
    def clients(self) -> Set[str]:
        """Those whose requests wait in it."""
        return self._requests.keys()

    @property
    def since(self) -> float:
        """When the first of them came, of those that wait."""
        return min(request.since for request in self)

    def first(self, place: Callable[[str], Place]) -> tuple[Place, str]:
        """The client whose turn it is, with its place."""
        return min((place(client), client) for client in self._requests)

    def append(self, request: PendingRequest) -> None:
        """Let a request wait for its turn."""
        self._requests.setdefault(request.client, deque()).append(request)
        self._count(request, 1)

    def drop(self, now: float, seconds: float) -> list[PendingRequest]:
        """Forget the requests that nobody waits for, and those that could not be solved in time, in so many seconds."""
        dropped = [request for request in self if request.answer.done() or request.deadline < now + seconds]
        for request in dropped:
            self._requests[request.client].remove(request)
            self._count(request, -1)
            self._tidy(request.client)
        return dropped

    def take(self, room: int, place: Callable[[str], Place], few: int = 0) -> list[Piece]:
        """So many beats or all, a piece of each request in turn; one of which some are left waits for another turn.

        Other clients add to those of the one whose turn it is no more than that one has, each, or `few`: what is solved
        together takes longer, and it should not wait for what others could ask in their own turn.
        """
        pieces: list[Piece] = []
        added = room
        for client in sorted(self._requests, key=place):
            if not room:
                break
            taken = self._take(client, min(room, added))
            size = sum(len(piece.beats) for piece in taken)
            added = max(size, few) if not pieces else added
            pieces += taken
            room -= size
        return pieces

    def _take(self, client: str, room: int) -> list[Piece]:
        pieces, requests = [], self._requests[client]
        while requests and room:
            request = requests.popleft()
            self._count(request, -1)
            piece = Piece(request, request.taken, min(request.taken + room, len(request.beats)))
            request.taken = piece.stop
            pieces.append(piece)
            room -= len(piece.beats)
            if request.left:
                self.append(request)
        self._tidy(client)
        return pieces

    def _count(self, request: PendingRequest, times: int) -> None:
        self.beats += times * request.left
        self.before[request.client] += times * min(request.left, self.most_beats)
        if not self.before[request.client]:
            del self.before[request.client]

    def _tidy(self, client: str) -> None:
        if not self._requests[client]:
            del self._requests[client]
