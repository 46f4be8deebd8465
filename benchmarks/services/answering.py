"""Answering: from the numbers of requests to label and probabilities, the same for each framework."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float32

from benchmarks.services.setup import Setup
from ecg import BEAT_LENGTH, LABELS
from models import Classifier, Decisions

Answer = list[dict[str, Any]]


def load(setup: Setup) -> Classifier:
    """The classifier of one worker."""
    classifier = Classifier.load(setup.model)
    setup.note_loaded()
    return classifier


def from_json(content: dict[str, Any]) -> Float32[np.ndarray, "beat 187"]:
    """The beats of a body `{"beats": [...]}`."""
    return np.array(content["beats"], dtype=np.float32)


def from_bytes(content: bytes) -> Float32[np.ndarray, "beat 187"]:
    """The beats of a body of float32."""
    return np.frombuffer(content, "<f4").reshape(-1, BEAT_LENGTH).copy()


def answer(classifier: Classifier, requests: Sequence[Float32[np.ndarray, "beat 187"]]) -> list[Answer]:
    """The answer to each request; their beats are decided on together."""
    answers = answer_of(classifier.classify(np.concatenate(requests)))
    ends = np.cumsum([len(beats) for beats in requests]).tolist()
    return [answers[end - len(beats) : end] for end, beats in zip(ends, requests, strict=True)]


def answer_of(decisions: Decisions) -> Answer:
    """Label and probabilities of each beat."""
    return [
        {"label": LABELS[place] if place >= 0 else None, "probabilities": dict(zip(LABELS, row, strict=True))}
        for place, row in zip(decisions.labels.tolist(), decisions.probabilities.tolist(), strict=True)
    ]
