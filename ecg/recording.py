"""A recording: signals of one or more leads, sampled at one rate, perhaps annotated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from jaxtyping import Float32, Int64

from ecg.errors import MissingAnnotations, UnknownLead
from ecg.messages import listed
from ecg.reading import ReadAs, ReadingWarning


@dataclass(frozen=True)
class Annotations:
    """What a cardiologist, or a program, marked: one symbol at one sample, in order of time.

    `samples` count at the recording's own rate. `symbols` are those of PhysioNet; not all of them mark beats.
    `subtypes`, if there are any, say more of each: of noise, for example, which signals it makes unreadable. So do
    `notes`, in words: of a change of rhythm (`+`) they name the rhythm, as `(AFIB`.
    """

    samples: Int64[np.ndarray, "annotation"]
    symbols: Sequence[str]
    subtypes: Int64[np.ndarray, "annotation"] | None = None
    notes: Sequence[str] | None = None

    @property
    def all_subtypes(self) -> Int64[np.ndarray, "annotation"]:
        """That of each annotation, 0 where there are none."""
        return np.zeros(len(self.samples), np.int64) if self.subtypes is None else self.subtypes

    @property
    def all_notes(self) -> Sequence[str]:
        """That of each annotation, empty where there is none."""
        return [""] * len(self.samples) if self.notes is None else self.notes


@dataclass(frozen=True)
class Recording:
    """Signals in mV of the named leads, `fs` samples a second; NaN is a gap.

    `left_out` names what was recorded beside them and is no lead. `read_as` says how its file was
    understood, `warnings` what may be wrong with it. `begun` is the date and time of its first sample, where its file
    states one: with a time zone where the file names it, else by the clock of whoever recorded it.
    """

    name: str
    signals: Float32[np.ndarray, "lead sample"]
    leads: tuple[str, ...]
    fs: float
    annotations: Annotations | None = None
    left_out: tuple[str, ...] = ()
    read_as: ReadAs | None = None
    warnings: tuple[ReadingWarning, ...] = ()
    begun: datetime | None = None

    @property
    def seconds(self) -> float:
        """How long it is; 0 without samples, whose rate nobody may know."""
        return float(self.signals.shape[1] / self.fs) if self.signals.shape[1] else 0.0

    def lead(self, name: str) -> Float32[np.ndarray, "sample"]:
        """The signal of one lead, in mV.

        Raises UnknownLead where there is none of that name.
        """
        if name not in self.leads:
            raise UnknownLead(f"recording {self.name} has the leads {listed(self.leads)}, not {name}")
        signal: Float32[np.ndarray, sample] = self.signals[self.leads.index(name)]
        return signal

    def beat_annotations(self) -> Annotations:
        """The annotations, for work that cannot go on without them.

        Raises MissingAnnotations where the recording has none.
        """
        if self.annotations is None:
            raise MissingAnnotations(f"recording {self.name} has no annotations; give its annotation file (.atr) too")
        return self.annotations
