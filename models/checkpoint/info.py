"""Everything about a checkpoint but its numbers: how to rebuild its network, its story, and what was fitted to it."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from ecg import LABELS
from models.checkpoint.abstention import Abstention
from models.checkpoint.calibration import Calibration
from models.checkpoint.dial import Dial
from models.checkpoint.operating_point import OperatingPoint
from models.checkpoint.preprocessing import ContextPreprocessing, Preprocessing
from models.networks.architecture import Architecture


class AddedRecordings(BaseModel):
    """Recordings that a network has learnt from beside those of mitdb.

    `beats` counts what it has learnt from, by class; `sha256` is the hash of their signals and annotations.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]
    beats: dict[str, int]
    sha256: str


class LearntFrom(BaseModel):
    """A database that a network has learnt from, with the attribution that its licence asks for.

    `patients` counts those that it names; where it names none (`patients_named`), its recordings stand for them.
    `beats` counts those of its recordings as they are, by class.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    citation: str
    licence: str
    url: str
    recordings: int
    patients: int
    patients_named: bool
    beats: dict[str, int]


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
    learnt_from: tuple[LearntFrom, ...] = ()
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
