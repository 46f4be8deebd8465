"""A checkpoint: one safetensors file that holds a network, how to rebuild it, its story, and how to tell that it works.

The file's metadata has four entries: `format`, `version`, `info` (the JSON of `CheckpointInfo`) and `sha256`, the
hash of everything else. Loading one runs no code of the file's.
"""

import hashlib
import json
import struct
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from ecg import BEAT_FS, BEAT_LENGTH, LABELS, BeatsInContext
from ecg.beats import RR_SHARE
from ecg.context.context import RHYTHM_LENGTH
from ecg.context.usual_beat import AFTER, BEFORE
from models.checkpoint.abstention import Abstention
from models.checkpoint.calibration import Calibration
from models.checkpoint.dial import Dial
from models.checkpoint.novelty import Novelty
from models.checkpoint.operating_point import OperatingPoint
from models.errors import AlteredCheckpoint, BadCheckpoint, NotACheckpoint, TruncatedCheckpoint, WrongCheckpointVersion
from models.networks.architecture import Architecture

FORMAT = "cardiode checkpoint"
VERSION = "1"

_WEIGHT = "weights."
_REFERENCE_BEATS = "reference.beats"
_REFERENCE_PROBABILITIES = "reference.probabilities"
_NOVELTY = "novelty."


class Preprocessing(BaseModel):
    """How the beats that a network was trained on were cut: see `ecg.beats`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fs: float = BEAT_FS
    length: int = BEAT_LENGTH
    rr_share: float = RR_SHARE
    lead: str = "MLII"
    scale: str = "minimum and maximum of the crop"


class ContextPreprocessing(BaseModel):
    """How the beats in context that a network was trained on were made: see `ecg.context.context`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fs: float = BEAT_FS
    before: int = BEFORE
    after: int = AFTER
    rhythm: int = RHYTHM_LENGTH
    leads: str = "II, else V5, else the clearest; then the first other one"


class AddedRecordings(BaseModel):
    """Recordings that a network has learnt from beside those of mitdb.

    `beats` counts what it has learnt from, by class; `sha256` is the hash of their signals and annotations.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]
    beats: dict[str, int]
    sha256: str


class CheckpointInfo(BaseModel):
    """Everything about a checkpoint but its numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    model_version: str
    architecture: Architecture
    classes: tuple[str, ...] = LABELS
    preprocessing: Preprocessing | ContextPreprocessing = Preprocessing()
    recipe: dict[str, Any] = {}
    data_sha256: str = ""
    added: AddedRecordings | None = None
    seed: int = 0
    commit: str = ""
    libraries: dict[str, str] = {}
    hardware: str = ""
    figures: dict[str, Any] = {}
    history: list[dict[str, float]] = []
    dial: Dial | None = None
    operating_point: OperatingPoint | None = None
    calibration: Calibration = Calibration()
    abstention: Abstention | None = None


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


FILE_NAME = "checkpoint.safetensors"
"""What a checkpoint is called within a folder that is its own: a model's of the zoo, or a run's."""


def save(checkpoint: Checkpoint, file: Path) -> None:
    """Write the file; one of that name is replaced in one step."""
    tensors = {_WEIGHT + name: weight.contiguous() for name, weight in checkpoint.weights.items()}
    tensors[_REFERENCE_BEATS] = checkpoint.reference_beats.contiguous()
    tensors[_REFERENCE_PROBABILITIES] = checkpoint.reference_probabilities.contiguous()
    if checkpoint.novelty is not None:
        tensors |= {
            _NOVELTY + name: torch.tensor(value).contiguous() for name, value in vars(checkpoint.novelty).items()
        }
    info = checkpoint.info.model_dump_json()
    metadata = {"format": FORMAT, "version": VERSION, "info": info, "sha256": _hash(tensors, info)}
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_bytes(save_tensors(tensors, metadata))
    partial.replace(file)


def load(file: Path) -> Checkpoint:
    """Read and check the file.

    Raises NotACheckpoint, TruncatedCheckpoint, WrongCheckpointVersion or AlteredCheckpoint, each naming the file.
    """
    content = _read(file)
    metadata = _metadata(content, file)
    try:
        tensors = load_tensors(content)
    except SafetensorError as error:
        raise AlteredCheckpoint(f"{file} is damaged: {error}; fetch it anew") from error
    if _hash(tensors, metadata.get("info", "")) != metadata.get("sha256"):
        raise AlteredCheckpoint(f"{file} is not what was saved: its content and its sha256 differ; fetch it anew")
    if not {_REFERENCE_BEATS, _REFERENCE_PROBABILITIES} <= set(tensors):
        raise AlteredCheckpoint(f"{file} has no reference beats with their answers; fetch it anew")
    return Checkpoint(
        info=_info(metadata["info"], file),
        weights={name.removeprefix(_WEIGHT): t for name, t in tensors.items() if name.startswith(_WEIGHT)},
        reference_beats=tensors[_REFERENCE_BEATS],
        reference_probabilities=tensors[_REFERENCE_PROBABILITIES],
        novelty=_novelty(tensors, file),
        sha256=metadata["sha256"],
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadCheckpoint(f"cannot read the checkpoint {file}: {error.strerror}") from error


def _metadata(content: bytes, file: Path) -> dict[str, str]:
    """The metadata of the file's header, once it is certain that the file is ours and has its end.

    A safetensors file is the header's length in 8 bytes, the header as JSON, and the tensors' bytes.
    """
    stranger = NotACheckpoint(f"{file} is not a cardiode checkpoint; make one with `python -m training train`")
    if len(content) < 8:
        raise stranger
    (length,) = struct.unpack("<Q", content[:8])
    if content[8:9] != b"{" or length > 100_000_000:
        raise stranger
    if len(content) < 8 + length:
        raise TruncatedCheckpoint(f"{file} has {len(content):,} bytes, but its header alone needs {8 + length:,}")
    try:
        header = json.loads(content[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        end = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise stranger from error
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise stranger
    if metadata.get("version") != VERSION:
        raise WrongCheckpointVersion(
            f"{file} has format version {metadata.get('version')}, expected {VERSION}; train or fetch it anew"
        )
    if len(content) < end:
        raise TruncatedCheckpoint(f"{file} has {len(content):,} bytes, expected {end:,}; fetch it anew")
    return dict(metadata)


def _novelty(tensors: dict[str, Tensor], file: Path) -> Novelty | None:
    parts = {name.removeprefix(_NOVELTY): t.numpy() for name, t in tensors.items() if name.startswith(_NOVELTY)}
    if not parts:
        return None
    expected = {field.name for field in fields(Novelty)}
    if set(parts) != expected:
        raise AlteredCheckpoint(
            f"{file} has {sorted(parts)} of its novelty, expected {sorted(expected)}; fetch it anew"
        )
    return Novelty(parts["whitening"], parts["means"], float(parts["threshold"]))


def _info(text: str, file: Path) -> CheckpointInfo:
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


def preprocessing_of(architecture: Architecture) -> Preprocessing | ContextPreprocessing:
    """How this version makes the beats for a network."""
    return ContextPreprocessing() if architecture.in_context else Preprocessing()


def _hash(tensors: dict[str, Tensor], info: str) -> str:
    digest = hashlib.sha256(info.encode())
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name].numpy())
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
