"""Episodes: how a test annotator's episodes of atrial or ventricular fibrillation answer those of a reference.

An episode of atrial fibrillation lasts from a rhythm change (AFIB to the next one to another rhythm, an episode of
ventricular fibrillation from `[` to `]`. What the standard leaves open is decided as PhysioNet's epicmp 10.7 does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from ecg.recording import Annotations
from ecg.scoring.comparison import LEARNING, check_times, samples_of
from ecg.scoring.statistics import Ratio
from ecg.scoring.track import FLUTTER_OFF, FLUTTER_ON

Rhythm = Literal["AF", "VF"]
RHYTHMS: tuple[Rhythm, ...] = get_args(Rhythm)

RHYTHM_CHANGE = "+"
ATRIAL_FIBRILLATION = "(AFIB"


class Episode(NamedTuple):
    """From one sample to another."""

    start: int
    stop: int


@dataclass(frozen=True)
class Episodes:
    """One annotator's episodes: how many overlap with one of the other's, how many do not, and all their samples.

    Of these samples `overlap` lie in an episode of the other annotator too.
    """

    matched: int
    unmatched: int
    duration: int
    overlap: int

    @property
    def share(self) -> Ratio:
        """Of the episodes, those that are matched."""
        return Ratio(self.matched, self.matched + self.unmatched)

    @property
    def duration_share(self) -> Ratio:
        """Of their samples, those that overlap."""
        return Ratio(self.overlap, self.duration)


@dataclass(frozen=True)
class EpisodeComparison:
    """The episodes of one rhythm in one recording, at `fs` samples a second.

    The reference's shares are sensitivities of the test annotator, the test annotator's its positive predictivities.
    """

    name: str
    rhythm: Rhythm
    fs: float
    reference: Episodes
    test: Episodes


def compare_episodes(
    reference: Annotations,
    test: Annotations,
    fs: float,
    rhythm: Rhythm,
    *,
    name: str = "",
    start: float = LEARNING,
    end: float | None = None,
    shortest: float = 0.0,
) -> EpisodeComparison:
    """Compare a test annotator's episodes of a rhythm with the reference's, as PhysioNet's epicmp 10.7 does.

    Both annotators count samples at `fs` Hz. `start`, `end` and `shortest`, in seconds, are its -f, -t and -i: what
    lies outside does not count, nor do episodes that are shorter. An episode that nothing ends lasts to the `end`, or
    to its annotator's last annotation where that is later or there is no `end`.

    Raises InvalidComparison for a rate or times that make no sense.
    """
    check_times(fs, start, end, shortest=shortest)
    first, last = samples_of(start, fs), None if end is None else samples_of(end, fs)
    episodes = [list(_read(annotations, rhythm, last)) for annotations in (reference, test)]
    ours, theirs = (
        _compare(own, other, first, last, samples_of(shortest, fs)) for own, other in (episodes, episodes[::-1])
    )
    return EpisodeComparison(name, rhythm, fs, ours, theirs)


def names_rhythms(annotations: Annotations) -> bool:
    """Whether an annotator marks any change of rhythm in the way that is compared: `(NAME` at `+`, or `[`."""
    marked = zip(annotations.symbols, annotations.all_notes, strict=True)
    return any(symbol == FLUTTER_ON or (symbol == RHYTHM_CHANGE and note.startswith("(")) for symbol, note in marked)


def _read(annotations: Annotations, rhythm: Rhythm, end: int | None) -> Iterator[Episode]:
    start, sample = None, 0
    for sample, on in _changes(annotations, rhythm):
        if on and start is None:
            start = sample
        elif on is False and start is not None:
            yield Episode(start, sample)
            start = None
    if start is not None:
        yield Episode(start, max(sample, end or 0))


def _changes(annotations: Annotations, rhythm: Rhythm) -> Iterator[tuple[int, bool | None]]:
    """Of each annotation, whether it begins the rhythm, ends it, or does neither."""
    triples = zip(annotations.samples.tolist(), annotations.symbols, annotations.all_notes, strict=True)
    for sample, symbol, note in triples:
        if rhythm == "AF":
            yield sample, note.startswith(ATRIAL_FIBRILLATION) if symbol == RHYTHM_CHANGE else None
        else:
            yield sample, {FLUTTER_ON: True, FLUTTER_OFF: False}.get(symbol)


def _compare(own: Iterable[Episode], others: Iterable[Episode], start: int, end: int | None, shortest: int) -> Episodes:
    matched = unmatched = duration = overlap = 0
    follower = _Follower(others)
    for episode in own:
        window = Episode(max(episode.start, start), episode.stop if end is None else min(episode.stop, end))
        if episode.stop < start or (end is not None and window.start >= end):
            continue
        if window.stop - window.start < shortest:
            continue
        duration += window.stop - window.start
        shared = follower.overlap(window)
        overlap += shared
        matched += shared > 0
        unmatched += shared == 0
    return Episodes(matched, unmatched, duration, overlap)


class _Follower:
    """Goes forward through episodes, while windows are asked for in the order of time."""

    def __init__(self, episodes: Iterable[Episode]) -> None:
        self.left = iter(episodes)
        self.current = next(self.left, None)

    def overlap(self, window: Episode) -> int:
        """Samples of the window that lie in an episode."""
        while self.current and self.current.stop < window.start:
            self.current = next(self.left, None)
        shared = 0
        while self.current and self.current.start <= window.stop:
            shared += min(self.current.stop, window.stop) - max(self.current.start, window.start)
            if self.current.stop >= window.stop:
                break
            self.current = next(self.left, None)
        return shared
