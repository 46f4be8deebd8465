"""Networks that classify beats, the files that keep them, and the classifier that answers."""

from models.annotation.beats import NOT_JUDGED, AnnotatedBeats
from models.annotation.file import SizeLimits, annotate_file
from models.annotation.json import decision_object
from models.annotation.recording import (
    AnnotatedPart,
    AnnotatedRecording,
    Decide,
    annotate,
    annotate_again,
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
from models.decisions import Decision, Decisions, Receipt, Receipts
from models.effort import expected_effort, weight_of
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
from models.identity import ModelIdentity
from models.networks.architecture import (
    Architecture,
    ODENetArchitecture,
    ResNetArchitecture,
    RhythmODENetArchitecture,
)
from models.networks.network import AUTO, Output, Solver
from models.plan import Beats, Kind, Plan, SolverSettings

__all__ = [
    "AUTO",
    "Abstention",
    "AlteredCheckpoint",
    "AnnotatedBeats",
    "AnnotatedPart",
    "AnnotatedRecording",
    "Answers",
    "Architecture",
    "Auto",
    "BadCheckpoint",
    "Beats",
    "Calibration",
    "Checkpoint",
    "CheckpointInfo",
    "Classifier",
    "Decide",
    "Decision",
    "Decisions",
    "Dial",
    "Explanation",
    "InvalidCoverage",
    "Kind",
    "ModelError",
    "ModelIdentity",
    "NOT_JUDGED",
    "NeedsRecording",
    "NoSolver",
    "NotACheckpoint",
    "Novelty",
    "ODENetArchitecture",
    "OperatingPoint",
    "Output",
    "Parts",
    "Plan",
    "REASONS",
    "Reason",
    "Receipt",
    "Receipts",
    "ResNetArchitecture",
    "RhythmODENetArchitecture",
    "SizeLimits",
    "SolvedAnswers",
    "Solver",
    "SolverSettings",
    "TruncatedCheckpoint",
    "UnknownModel",
    "Validated",
    "WrongCheckpointVersion",
    "WrongReferenceAnswers",
    "annotate",
    "annotate_again",
    "annotate_file",
    "annotate_parts",
    "annotate_recording",
    "decision_object",
    "expected_effort",
    "explain",
    "explain_recorded",
    "weight_of",
]
