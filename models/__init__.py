"""Networks that classify beats, the files that keep them, and the classifier that answers."""

from models.annotation.recording import (
    NOT_JUDGED,
    AnnotatedBeats,
    AnnotatedPart,
    AnnotatedRecording,
    annotate,
    annotate_parts,
    annotate_recording,
)
from models.answers import Answers, SolvedAnswers
from models.checkpoint.abstention import REASONS, Abstention, Reason
from models.checkpoint.calibration import Calibration
from models.checkpoint.dial import Auto, Dial, Validated
from models.checkpoint.file import Checkpoint
from models.checkpoint.info import CheckpointInfo
from models.checkpoint.novelty import Novelty
from models.checkpoint.operating_point import OperatingPoint
from models.classifier import Classifier
from models.classifying import Classifying
from models.decisions import Decision, Decisions, Receipt, Receipts
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
from models.networks.architecture import (
    Architecture,
    ODENetArchitecture,
    ResNetArchitecture,
    RhythmODENetArchitecture,
)
from models.networks.network import AUTO, Output, Solver

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
