"""Annotation: what a classifier says of the beats that were found in a recording."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecg import LABELS, FoundBeats, Label, Rhythm, summarize
from models.classifier import Classifier
from models.decisions import Decision, Decisions
from models.network import Solver


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

    @property
    def each(self) -> list[Decision]:
        """A decision on each beat; those that cannot be judged have no label, and the classifier abstains."""
        decided = iter(self.decisions or ())
        return [next(decided) if good else NOT_JUDGED for good in self.found.good.tolist()]

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


NOT_JUDGED = Decision(label=None, probabilities=None, abstained=True, receipt=None)


def annotate(classifier: Classifier, found: FoundBeats, solver: Solver | None = None) -> AnnotatedBeats:
    """Decide on the beats that can be judged. Raises what `Classifier.classify` raises for a solver."""
    good = found.values[found.good]
    return AnnotatedBeats(found, classifier.classify(good, solver) if len(good) else None)
