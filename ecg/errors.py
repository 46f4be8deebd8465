"""What can be wrong with a signal.

EcgError
├── UnreadableRecording    the file is missing, truncated or not what its header says
├── MissingAnnotations     the recording has no beat annotations, and they are needed
├── UnknownLead            no lead of that name
├── InvalidSynthesis       a synthetic recording was asked for that cannot be made
└── InvalidBeats           an array that does not hold beats
    └── InvalidBeat        one of the beats is not one; `index` says which
"""


class EcgError(Exception):
    """Root of all errors that `ecg` raises."""


class UnreadableRecording(EcgError):
    """A recording's files are missing, truncated or contradict each other."""


class MissingAnnotations(EcgError):
    """Beat annotations are needed and the recording has none."""


class UnknownLead(EcgError):
    """The recording has no lead of that name."""


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
