"""What can be wrong with a signal.

EcgError
├── UnreadableRecording    the file is missing, truncated or not what its header says
│   └── MissingReader      the reader of its format is a package that is not installed
├── LargeRecording         more values than the caller's limit
├── InvalidSignals         signals of a rate, a shape or in a unit that cannot be worked with
├── MissingAnnotations     the recording has no beat annotations, and they are needed
├── UnknownLead            no lead of that name
├── InvalidComparison      annotations were to be compared in a way that makes no sense
├── InvalidSynthesis       a synthetic recording was asked for that cannot be made
└── InvalidBeats           an array that does not hold beats
    └── InvalidBeat        one of the beats is not one; `index` says which
"""


class EcgError(Exception):
    """Root of all errors that `ecg` raises."""


class UnreadableRecording(EcgError):
    """A recording's files are missing, truncated or contradict each other."""


class MissingReader(UnreadableRecording):
    """A recording is in a format whose reader is an extra, and it is not installed."""


class LargeRecording(EcgError):
    """A recording has more values than the caller allows."""


class InvalidSignals(EcgError):
    """Signals of a rate, a shape or in a unit that nothing can be done with."""


class MissingAnnotations(EcgError):
    """Beat annotations are needed and the recording has none."""


class UnknownLead(EcgError):
    """The recording has no lead of that name."""


class InvalidComparison(EcgError):
    """Annotations were to be compared at a rate, over times or to a certainty that make no sense."""


class InvalidSynthesis(EcgError):
    """The settings of a synthetic recording contradict themselves."""


class InvalidBeats(EcgError):
    """The array is not `[beat, 187]`."""


class InvalidBeat(InvalidBeats):
    """One beat of the array is not 187 finite numbers in 0..1."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(f"beat {index}: {reason}")
        self.index = index
        self.reason = reason
