"""A checkpoint: a file that holds a network, how to rebuild it, its story, and how to check that it works."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from pydantic import ValidationError
from torch import Tensor

from ecg import LABELS, BeatsInContext
from models.checkpoint.content import Content, read, write
from models.checkpoint.info import CheckpointInfo
from models.checkpoint.novelty import Novelty
from models.checkpoint.preprocessing import ContextPreprocessing, preprocessing_of
from models.errors import AlteredCheckpoint, WrongCheckpointVersion

FILE_NAME = "checkpoint.safetensors"
"""What a checkpoint is called within a folder that is its own: a model's of the zoo, or a run's."""

_WEIGHT = "weights."
_REFERENCE_BEATS = "reference.beats"
_REFERENCE_PROBABILITIES = "reference.probabilities"
_NOVELTY = "novelty."


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint in memory: `reference_probabilities` are the answers that `reference_beats` must get.

    `novelty` is None before it was fitted.
    """

    info: CheckpointInfo
    weights: dict[str, Tensor]
    reference_beats: Float32[Tensor, "beat length"]
    reference_probabilities: Float32[Tensor, "beat class"]
    novelty: Novelty | None = None
    sha256: str = ""

    @property
    def reference(self) -> Float32[np.ndarray, "beat 187"] | BeatsInContext:
        """The reference beats as its network takes them."""
        values = self.reference_beats.numpy()
        return BeatsInContext(values) if isinstance(self.info.preprocessing, ContextPreprocessing) else values


def save(checkpoint: Checkpoint, file: Path) -> None:
    """Write the file; one of that name is replaced in one step."""
    tensors = {_WEIGHT + name: weight for name, weight in checkpoint.weights.items()}
    tensors[_REFERENCE_BEATS] = checkpoint.reference_beats
    tensors[_REFERENCE_PROBABILITIES] = checkpoint.reference_probabilities
    if checkpoint.novelty is not None:
        tensors |= {_NOVELTY + name: torch.tensor(value) for name, value in vars(checkpoint.novelty).items()}
    write(Content(checkpoint.info.model_dump_json(), tensors), file)


def load(file: Path) -> Checkpoint:
    """Read and check the file.

    Raises NotACheckpoint, TruncatedCheckpoint, WrongCheckpointVersion or AlteredCheckpoint, each naming the file.
    """
    content = read(file)
    tensors = content.tensors
    if not {_REFERENCE_BEATS, _REFERENCE_PROBABILITIES} <= set(tensors):
        raise AlteredCheckpoint(f"{file} has no reference beats with their answers; fetch it again")
    return Checkpoint(
        info=parse_info(content.info, file),
        weights={name.removeprefix(_WEIGHT): t for name, t in tensors.items() if name.startswith(_WEIGHT)},
        reference_beats=tensors[_REFERENCE_BEATS],
        reference_probabilities=tensors[_REFERENCE_PROBABILITIES],
        novelty=_novelty(tensors, file),
        sha256=content.sha256,
    )


def _novelty(tensors: dict[str, Tensor], file: Path) -> Novelty | None:
    parts = {name.removeprefix(_NOVELTY): t.numpy() for name, t in tensors.items() if name.startswith(_NOVELTY)}
    if not parts:
        return None
    expected = {field.name for field in fields(Novelty)}
    if set(parts) != expected:
        raise AlteredCheckpoint(
            f"{file} has {sorted(parts)} of its novelty, expected {sorted(expected)}; fetch it again"
        )
    return Novelty(parts["whitening"], parts["means"], float(parts["threshold"]))


def parse_info(text: str, file: Path) -> CheckpointInfo:
    """The info of that file. Raises WrongCheckpointVersion for a model that this version cannot build, or feed."""
    try:
        info = CheckpointInfo.model_validate_json(text)
    except ValidationError as error:
        raise WrongCheckpointVersion(f"{file} describes a model that this version cannot build: {error}") from error
    expected = preprocessing_of(info.architecture)
    if info.classes != LABELS or info.preprocessing != expected:
        raise WrongCheckpointVersion(
            f"{file} was trained on classes {info.classes} and {info.preprocessing}, "
            f"expected {LABELS} and {expected}: its answers would be wrong here"
        )
    return info
