"""What can be wrong with a model.

ModelError
├── UnknownModel               no model of that name in the zoo, and no file of that name
├── NoSolver                   solver settings for a network that has no solver
├── InvalidCoverage            a coverage that is none, or that was not found for this model
├── NeedsRecording             beats by themselves, for a network that takes them in the context of their recording
└── BadCheckpoint              the file cannot be used
    ├── NotACheckpoint         it is something else
    ├── TruncatedCheckpoint    its end is missing
    ├── AlteredCheckpoint      its content is not what was saved
    ├── WrongCheckpointVersion another version of cardiode wrote it
    └── WrongReferenceAnswers  the rebuilt network does not answer its reference beats as it must
"""


class ModelError(Exception):
    """Root of all errors that `models` raises."""


class UnknownModel(ModelError):
    """Neither a name in the zoo nor a file."""


class NoSolver(ModelError):
    """Solver settings were given for a network that has no solver."""


class InvalidCoverage(ModelError):
    """A coverage out of bounds, or asked of a model that no table of confidences was fitted for."""


class NeedsRecording(ModelError):
    """Beats came by themselves to a network that takes them in the context of their recording."""


class BadCheckpoint(ModelError):
    """A checkpoint file that cannot be used."""


class NotACheckpoint(BadCheckpoint):
    """The file is not a cardiode checkpoint."""


class TruncatedCheckpoint(BadCheckpoint):
    """The file ends before its content does."""


class AlteredCheckpoint(BadCheckpoint):
    """The content is not what was saved."""


class WrongCheckpointVersion(BadCheckpoint):
    """The file's format is of another version."""


class WrongReferenceAnswers(BadCheckpoint):
    """The rebuilt network does not answer the checkpoint's reference beats as it must."""
