"""What can be wrong with an offline command. Each is reported in one line, and the command exits with 1.

TrainingError
├── MissingData            what is to be read is not there
├── UnexpectedData         what was read is not what it should be
│   ├── UnusableRecording  recordings that were added cannot be learnt from
│   └── NoSibling          a network that cannot stand in for another on new patients
├── UnknownDatabase        there is no database, or part of one, of that name
├── BadRecipe              the recipe cannot be read, or names what does not exist
│   └── UnsuitableRecipe   the recipe holds, but not for this command
├── UnusableDevice         no network can be trained on the device
├── OtherRun               the run's folder holds another recipe's run
└── NotPromoted            a checkpoint falls short of what the zoo asks for
"""


class TrainingError(Exception):
    """Root of all errors that `training` raises."""


class MissingData(TrainingError):
    """The recordings or annotations are not there, and could not be downloaded."""


class UnexpectedData(TrainingError):
    """Recordings without the beats that the literature counts, or a file that holds something else."""


class UnusableRecording(UnexpectedData):
    """Recordings that were to be added cannot be learnt from."""


class NoSibling(UnexpectedData):
    """What was given as a network's sibling is none, or the network needs none."""


class UnknownDatabase(TrainingError):
    """No database that is learnt from has that name, or that part."""


class BadRecipe(TrainingError):
    """The recipe cannot be read, or asks for what does not exist."""


class UnsuitableRecipe(BadRecipe):
    """A recipe of single beats, for a command that takes those of whole recordings."""


class UnusableDevice(TrainingError):
    """The device is unknown, or not there."""


class OtherRun(TrainingError):
    """The folder holds a run of another recipe or of other data."""


class NotPromoted(TrainingError):
    """A checkpoint falls short of what the zoo asks for; the zoo is unchanged."""
