"""What can be wrong with an offline command. Each is told in one line, and the command exits with 1.

TrainingError
├── MissingData       the recordings are not there and could not be downloaded
├── UnexpectedData    the recordings do not give the beats that the literature counts
├── UnusableRecording recordings that were added cannot be learnt from
├── BadRecipe         the recipe cannot be read, or names what does not exist
├── OtherRun          the run's folder holds another recipe's run
└── NotPromoted       a checkpoint falls short of what the zoo asks for
"""


class TrainingError(Exception):
    """Root of all errors that `training` raises."""


class MissingData(TrainingError):
    """The recordings are not there, and could not be downloaded."""


class UnexpectedData(TrainingError):
    """The recordings do not give the beats that the literature counts."""


class UnusableRecording(TrainingError):
    """Recordings that were to be added cannot be learnt from."""


class BadRecipe(TrainingError):
    """The recipe cannot be read, or asks for what does not exist."""


class OtherRun(TrainingError):
    """The folder holds a run of another recipe or of other data."""


class NotPromoted(TrainingError):
    """A checkpoint falls short of what the zoo asks for; the zoo is unchanged."""
