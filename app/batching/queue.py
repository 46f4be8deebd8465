"""A queue: requests whose beats wait to be solved together. They take turns."""

from collections import deque

from app.batching.batch import PendingRequest, Piece


class Queue:
    """Those of one batch key. In its turn, at most `most_beats` of a request are taken."""

    def __init__(self, most_beats: int) -> None:
        self.most_beats = most_beats
        self.beats = 0
        """That wait."""
        self.before_a_newcomer = 0
        """Of them, those whose turn is before that of a request that comes now."""
        self._requests: deque[PendingRequest] = deque()

    @property
    def since(self) -> float:
        """When the first of them came, of those that wait."""
        return min(request.since for request in self._requests)

    def append(self, request: PendingRequest) -> None:
        """Let a request wait for its turn."""
        self._requests.append(request)
        self._count(request, 1)

    def drop(self, now: float, seconds: float) -> list[PendingRequest]:
        """Forget the requests that nobody waits for, and those that could not be solved in time, in so many seconds."""
        dropped = [request for request in self._requests if request.answer.done() or request.deadline < now + seconds]
        for request in dropped:
            self._requests.remove(request)
            self._count(request, -1)
        return dropped

    def take(self, room: int) -> list[Piece]:
        """So many beats or all, a piece of each request in turn; one of which some are left waits for another turn."""
        pieces = []
        while self._requests and room:
            request = self._requests.popleft()
            self._count(request, -1)
            piece = Piece(request, request.taken, min(request.taken + room, len(request.beats)))
            request.taken = piece.stop
            pieces.append(piece)
            room -= len(piece.beats)
            if request.left:
                self.append(request)
        return pieces

    def _count(self, request: PendingRequest, times: int) -> None:
        self.beats += times * request.left
        self.before_a_newcomer += times * min(request.left, self.most_beats)
