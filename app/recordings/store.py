"""The store of recordings: those that a page goes on looking at after they were answered."""

import threading
import time
import uuid
from dataclasses import dataclass

from app.errors import UnknownBeat, UnknownRecording
from ecg.strip import Strip
from ecg.workspace import Workspace
from models import AnnotatedRecording


@dataclass
class KeptRecording:
    """A recording with what is said of it now, which may be decided on anew; `until` is by the monotonic clock."""

    id: str
    workspace: Workspace
    whole: AnnotatedRecording
    strip: Strip
    until: float

    def check_beat(self, number: int) -> None:
        """Raises UnknownBeat where it has none of this number, counted from 0."""
        if not 0 <= number < len(self.whole.beats):
            raise UnknownBeat(number, len(self.whole.beats))


class RecordingStore:
    """So many recordings, each for so many seconds since it was last asked for; the oldest makes place."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self._lock = threading.Lock()
        self._kept: dict[str, KeptRecording] = {}

    def keep(self, name: str, workspace: Workspace, whole: AnnotatedRecording) -> None:
        """Keep a recording, and its workspace with it, under a name that `new_id` gave."""
        until = time.monotonic() + self.seconds
        kept = KeptRecording(name, workspace.share(), whole, Strip(whole.recording), until)
        with self._lock:
            self._kept[name] = kept
        self.forget_old()

    def find(self, name: str) -> KeptRecording:
        """The recording of that id. Raises UnknownRecording."""
        self.forget_old()
        with self._lock:
            if name not in self._kept:
                raise UnknownRecording(name)
            kept = self._kept.pop(name)
            kept.until = time.monotonic() + self.seconds
            self._kept[name] = kept  # last in the order of those that were asked for
            return kept

    def forget(self, name: str) -> None:
        """Delete a recording now. Raises UnknownRecording."""
        self.find(name)
        with self._lock:
            kept = self._kept.pop(name, None)
        if kept:
            kept.workspace.close()

    def close(self) -> None:
        """Delete all, expired ones too."""
        with self._lock:
            kept = list(self._kept.values())
            self._kept.clear()
        for recording in kept:
            recording.workspace.close()

    def forget_old(self) -> None:
        """Delete those whose time is over, and those beyond the number that may be kept."""
        now = time.monotonic()
        with self._lock:
            surplus = len(self._kept) - self.most
            old = [kept for place, kept in enumerate(self._kept.values()) if kept.until < now or place < surplus]
            for kept in old:
                del self._kept[kept.id]
        for kept in old:
            kept.workspace.close()


def new_id() -> str:
    """A name that nobody can guess."""
    return uuid.uuid4().hex
