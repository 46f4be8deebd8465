"""How good decisions are, against the labels: accuracy, and precision, recall and F1 of each class."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int64
from pydantic import TypeAdapter
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from ecg import LABELS, Label


@dataclass(frozen=True)
class ClassScore:
    """The scores of one class; `beats` is how many the test part has of it."""

    precision: float
    recall: float
    f1: float
    beats: int


@dataclass(frozen=True)
class Score:
    """The scores of one set of beats. `confusion` counts them: a row for each true class, a column for each label.

    A beat without a label (its solve failed) is wrong: it is in no column.
    """

    accuracy: float
    macro_f1: float
    classes: dict[Label, ClassScore]
    confusion: list[list[int]]


def score_of(figures: dict[str, Any]) -> Score:
    """The score that a checkpoint's figures tell."""
    return TypeAdapter(Score).validate_python(figures)


def score(truth: Int64[np.ndarray, "beat"], labels: Int64[np.ndarray, "beat"]) -> Score:
    """Compare labels with the truth, both as indices into `LABELS` (-1 for a beat without a label)."""
    places = list(range(len(LABELS)))
    precision, recall, f1, beats = precision_recall_fscore_support(truth, labels, labels=places, zero_division=0)
    return Score(
        accuracy=float((truth == labels).mean()),
        macro_f1=float(f1.mean()),
        classes={
            label: ClassScore(float(precision[i]), float(recall[i]), float(f1[i]), int(beats[i]))
            for i, label in enumerate(LABELS)
        },
        confusion=confusion_matrix(truth, labels, labels=places).tolist(),
    )
