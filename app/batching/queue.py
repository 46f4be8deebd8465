"""A queue: requests whose beats wait to be solved together. They take turns."""

from collections import deque

from app.batching.batch import Asked, Piece


class Queue:
    """Those of one way. In its turn, at most `most_beats` of a request are taken."""

    def __init__(self, most_beats: int) -> None:
        self.most_beats = most_beats
        self.beats = 0
        """That wait."""
        self.before_a_newcomer = 0
        """Of them, those whose turn is before that of a request that comes now."""
        self._asked: deque[Asked] = deque()

    @property
    def since(self) -> float:
        """When the first of them came, of those that wait."""
        return min(asked.since for asked in self._asked)

    def append(self, asked: Asked) -> None:
        """Let a request wait for its turn."""
        self._asked.append(asked)
        self._count(asked, 1)

    def drop(self, now: float, seconds: float) -> list[Asked]:
        """Forget the requests that nobody waits for, and those that could not be solved in time, in so many seconds."""
        dropped = [asked for asked in self._asked if asked.answer.done() or asked.deadline < now + seconds]
        for asked in dropped:
            self._asked.remove(asked)
            self._count(asked, -1)
        return dropped

    def take(self, room: int) -> list[Piece]:
        """So many beats or all, a piece of each request in turn; one of which some are left waits for another turn."""
        pieces = []
        while self._asked and room:
            asked = self._asked.popleft()
            self._count(asked, -1)
            piece = Piece(asked, asked.taken, min(asked.taken + room, len(asked.beats)))
            asked.taken = piece.stop
            pieces.append(piece)
            room -= len(piece.beats)
            if asked.left:
                self.append(asked)
        return pieces

    def _count(self, asked: Asked, times: int) -> None:
        self.beats += times * asked.left
        self.before_a_newcomer += times * min(asked.left, self.most_beats)
