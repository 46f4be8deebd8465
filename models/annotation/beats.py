"""Beats of a recording with what was decided on each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ecg import LABELS, FoundBeats, Label, Rhythm, summarize
from models.checkpoint.abstention import Reason
from models.decisions import Decision, Decisions


@dataclass(frozen=True)
class AnnotatedBeats:
    """Beats of a recording, in order of time. `decisions` are those on the beats of `good` quality, None for none."""

    found: FoundBeats
    decisions: Decisions | None

    def __len__(self) -> int:
        return len(self.found)

    @classmethod
    def joined(cls, parts: Sequence["AnnotatedBeats"]) -> "AnnotatedBeats":
        """The beats of all parts, in their order."""
        decisions = [part.decisions for part in parts if part.decisions is not None]
        return cls(
            FoundBeats.joined([part.found for part in parts]), Decisions.joined(decisions) if decisions else None
        )

    def decision(self, beat: int) -> Decision:
        """That on one of them."""
        if self.decisions is None or self.found.quality[beat] != "good":
            return NOT_JUDGED
        return self.decisions[int(np.count_nonzero(self.found.good[:beat]))]

    def __iter__(self) -> Iterator[Decision]:
        """A decision on each beat; those that cannot be judged have no label, and the classifier abstains."""
        decided = iter(self.decisions or ())
        return (next(decided) if good else NOT_JUDGED for good in self.found.good.tolist())

    @property
    def reasons(self) -> list[Reason | None]:
        """Why the classifier abstains on each beat; None where it does not."""
        decided = iter(self.decisions.reasons if self.decisions else ())
        return [next(decided) if good else "poor_signal" for good in self.found.good.tolist()]

    @property
    def labels(self) -> list[Label | None]:
        """The label of each beat; None for one that cannot be judged, and one whose solve failed."""
        labels = np.full(len(self), -1)
        if self.decisions is not None:
            labels[self.found.good] = self.decisions.labels
        names: list[Label | None] = [*LABELS, None]
        return [names[label] for label in labels.tolist()]

    def rhythm(self, fs: float) -> Rhythm:
        """What they say together; `fs` is the rate that their peaks are counted at."""
        return summarize(self.found.peaks / fs, self.labels, self.found.broken)


NOT_JUDGED = Decision(label=None, probabilities=None, reason="poor_signal", receipt=None)
