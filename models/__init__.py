"""Networks that classify beats, the files that keep them, and the classifier that answers."""

from models.annotation import (
    NOT_JUDGED,
    AnnotatedBeats,
    AnnotatedPart,
    AnnotatedRecording,
    annotate,
    annotate_parts,
    annotate_recording,
)
from models.architecture import (
    Architecture,
    ODENetArchitecture,
    ResNetArchitecture,
    RhythmODENetArchitecture,
)
from models.checkpoint import Checkpoint, CheckpointInfo
from models.classifier import Classifier
from models.decisions import Decision, Decisions, Receipt, Receipts
from models.dial import Auto, Dial, Validated
from models.errors import (
    AlteredCheckpoint,
    BadCheckpoint,
    ModelError,
    NeedsRecording,
    NoSolver,
    NotACheckpoint,
    TruncatedCheckpoint,
    UnknownModel,
    WrongCheckpointVersion,
    WrongReferenceAnswers,
)
from models.explanation import Explanation, Parts, explain, explain_recorded
from models.network import AUTO, Output, Solver
from models.operating_point import OperatingPoint

__all__ = [
    "AnnotatedBeats",
    "AnnotatedPart",
    "AnnotatedRecording",
    "NOT_JUDGED",
    "annotate",
    "annotate_parts",
    "annotate_recording",
    "AUTO",
    "AlteredCheckpoint",
    "Architecture",
    "Auto",
    "BadCheckpoint",
    "Checkpoint",
    "CheckpointInfo",
    "Classifier",
    "Decision",
    "Decisions",
    "Dial",
    "Explanation",
    "ModelError",
    "NeedsRecording",
    "NoSolver",
    "NotACheckpoint",
    "ODENetArchitecture",
    "OperatingPoint",
    "Output",
    "Parts",
    "Receipt",
    "Receipts",
    "ResNetArchitecture",
    "RhythmODENetArchitecture",
    "Solver",
    "TruncatedCheckpoint",
    "UnknownModel",
    "Validated",
    "WrongCheckpointVersion",
    "WrongReferenceAnswers",
    "explain",
    "explain_recorded",
]
