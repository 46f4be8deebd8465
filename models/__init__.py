"""Networks that classify beats, the files that keep them, and the classifier that answers."""

from models.abstention import REASONS, Abstention, Reason
from models.annotation import (
    NOT_JUDGED,
    AnnotatedBeats,
    AnnotatedPart,
    AnnotatedRecording,
    annotate,
    annotate_parts,
    annotate_recording,
)
from models.answers import Answers, SolvedAnswers
from models.architecture import (
    Architecture,
    ODENetArchitecture,
    ResNetArchitecture,
    RhythmODENetArchitecture,
)
from models.calibration import Calibration
from models.checkpoint import Checkpoint, CheckpointInfo
from models.classifier import Classifier
from models.classifying import Classifying
from models.decisions import Decision, Decisions, Receipt, Receipts
from models.dial import Auto, Dial, Validated
from models.errors import (
    AlteredCheckpoint,
    BadCheckpoint,
    InvalidCoverage,
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
from models.novelty import Novelty
from models.operating_point import OperatingPoint

__all__ = [
    "Abstention",
    "AnnotatedBeats",
    "AnnotatedPart",
    "AnnotatedRecording",
    "NOT_JUDGED",
    "annotate",
    "annotate_parts",
    "annotate_recording",
    "AUTO",
    "AlteredCheckpoint",
    "Answers",
    "Architecture",
    "Auto",
    "BadCheckpoint",
    "Calibration",
    "Checkpoint",
    "CheckpointInfo",
    "Classifier",
    "Classifying",
    "Decision",
    "Decisions",
    "Dial",
    "Explanation",
    "InvalidCoverage",
    "ModelError",
    "NeedsRecording",
    "NoSolver",
    "NotACheckpoint",
    "Novelty",
    "ODENetArchitecture",
    "OperatingPoint",
    "Output",
    "Parts",
    "REASONS",
    "Reason",
    "Receipt",
    "Receipts",
    "ResNetArchitecture",
    "RhythmODENetArchitecture",
    "SolvedAnswers",
    "Solver",
    "TruncatedCheckpoint",
    "UnknownModel",
    "Validated",
    "WrongCheckpointVersion",
    "WrongReferenceAnswers",
    "explain",
    "explain_recorded",
]
