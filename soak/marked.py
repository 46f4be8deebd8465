"""Marked beats: questions whose right answers are known, and so far apart that nobody's can pass for another's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.beats.request import JSON, RAW
from ecg import Label, cut_annotated_beats
from ecg.synthetic import synthesize
from models import Classifier

APART = 1e-2
"""By how much the probabilities of any two beats differ at least."""
TOLERANCE = 1e-3
"""By how much an answer may differ from what the classifier says of the same beats in another batch."""


@dataclass(frozen=True)
class Question:
    """Beats to classify, as a whole HTTP request, and their right answer."""

    request: bytes
    beats: np.ndarray
    """[beat, 187]"""
    probabilities: np.ndarray
    """[beat, class]"""

    def is_answered_by(self, body: bytes) -> bool:
        """Whether the decisions in this answer are those on its own beats."""
        return self.has_answer([beat["probabilities"] for beat in json.loads(body)["beats"]])

    def has_answer(self, answers: Sequence[Mapping[str, float] | None]) -> bool:
        """Whether these probabilities are those of its own beats."""
        if len(answers) != len(self.probabilities):
            return False
        said = [list(probabilities.values()) for probabilities in answers if probabilities]
        return len(said) == len(answers) and bool(np.abs(np.array(said) - self.probabilities).max() <= TOLERANCE)


def questions(checkpoint: str | Path, sizes: tuple[int, ...], each: int = 16, seed: int = 0) -> list[Question]:
    """So many of each size and each kind of body, in a random order."""
    rng = np.random.default_rng(seed)
    beats, probabilities = _marked(checkpoint, rng)
    made = []
    for size in sizes:
        for kind in each * (JSON, RAW):
            chosen = rng.permutation(np.resize(rng.permutation(len(beats)), size))
            made.append(Question(_request(kind, beats[chosen]), beats[chosen], probabilities[chosen]))
    return [made[place] for place in rng.permutation(len(made))]


def _marked(checkpoint: str | Path, rng: np.random.Generator, candidates: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Beats of which no two have nearly the same answer, and these: mixtures of synthetic ones of all classes."""
    shares: dict[Label, float] = {"S": 0.2, "V": 0.2, "F": 0.2, "Q": 0.2}
    whole = cut_annotated_beats(synthesize(300, ectopic=shares, seed=1)).values
    one, other = rng.integers(0, len(whole), (2, candidates))
    weight = rng.random((candidates, 1))
    mixed = (weight * whole[one] + (1 - weight) * whole[other]).round(4).astype(np.float32)
    answers = Classifier.load(checkpoint).classify(mixed).probabilities
    chosen = [0]
    for place in range(1, candidates):
        if np.abs(answers[chosen] - answers[place]).max(axis=1).min() > APART:
            chosen.append(place)
    return mixed[chosen], answers[chosen]


def _request(kind: str, beats: np.ndarray) -> bytes:
    if kind == RAW:
        body = beats.astype("<f4").tobytes()
    else:
        body = json.dumps({"beats": [[round(value, 4) for value in beat] for beat in beats.tolist()]}).encode()
    head = f"POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
