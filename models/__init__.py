"""Networks that classify beats, the files that keep them, and the classifier that answers."""

from models.architecture import Architecture, ODENetArchitecture, ResNetArchitecture
from models.classifier import Classifier
from models.decisions import Decision, Decisions, Receipt, Receipts
from models.network import Output, Solver

__all__ = [
    "Architecture",
    "Classifier",
    "Decision",
    "Decisions",
    "ODENetArchitecture",
    "Output",
    "Receipt",
    "Receipts",
    "ResNetArchitecture",
    "Solver",
]
