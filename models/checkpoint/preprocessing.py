"""Preprocessing: how the beats that a network was trained on were made, and must be made for it again.

Numbers and names of ways, which are compared: each name stands for what `ecg` does now. A way that changes gets another
name, or `version` counts one up.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from ecg import BEAT_FS, BEAT_LENGTH
from ecg.beats import RR_SHARE
from ecg.context.context import RHYTHM_LENGTH
from ecg.context.usual_beat import AFTER, BEFORE
from models.networks.architecture import Architecture

VERSION = 1
"""Counts the changes of what `ecg` makes of a recording that no number and no name below shows."""


class Scale(StrEnum):
    """How the samples of a beat are brought to 0..1."""

    MINIMUM_MAXIMUM = "minimum_maximum"
    """By the least and the greatest of its own."""


class LeadChoice(StrEnum):
    """Which leads of a recording beats in context are of."""

    II_V5_OR_CLEAREST_AND_ANOTHER = "ii_v5_or_clearest_and_another"
    """II, else V5, else the clearest; then the first of the others."""


class Preprocessing(BaseModel):
    """How beats by themselves are cut: see `ecg.beats`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = VERSION
    fs: float = BEAT_FS
    length: int = BEAT_LENGTH
    rr_share: float = RR_SHARE
    lead: str = "MLII"
    scale: Scale = Scale.MINIMUM_MAXIMUM


class ContextPreprocessing(BaseModel):
    """How beats in the context of their recording are made: see `ecg.context.context`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = VERSION
    fs: float = BEAT_FS
    before: int = BEFORE
    after: int = AFTER
    rhythm: int = RHYTHM_LENGTH
    leads: LeadChoice = LeadChoice.II_V5_OR_CLEAREST_AND_ANOTHER


def preprocessing_of(architecture: Architecture) -> Preprocessing | ContextPreprocessing:
    """How this version makes the beats for a network."""
    return ContextPreprocessing() if architecture.in_context else Preprocessing()
