"""What the service answers, as its API describes it. Fields that only a newer service knows are left out."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

Label = Literal["N", "S", "V", "F", "Q"]


def _known(kind: type, content: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a dataclass, from an object of JSON."""
    return {field.name: content[field.name] for field in fields(kind)}


@dataclass(frozen=True)
class Model:
    """Which model answered."""

    name: str
    version: str
    sha256: str

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        return cls(**_known(cls, content))


@dataclass(frozen=True)
class Receipt:
    """What a solve cost and how good it is; `error`, `rtol` and `atol` are None where the method knows none."""

    method: str
    rtol: float | None
    atol: float | None
    evaluations: int
    accepted: int
    rejected: int
    error: float | None
    status: str
    stage: Literal["cheap", "tight"] | None
    agreed: bool | None
    validated: bool

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        return cls(**_known(cls, content))


@dataclass(frozen=True)
class Decision:
    """What is said of one beat. Label and probabilities are None where its solve failed, or its signal is poor.

    Where the model abstains for another `reason`, they are its best guess. No receipt: a model without a solver.
    """

    label: Label | None
    probabilities: dict[Label, float] | None
    abstained: bool
    reason: str | None
    receipt: Receipt | None

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        receipt = content["receipt"]
        return cls(**_known(cls, content) | {"receipt": receipt and Receipt.of(receipt)})


@dataclass(frozen=True)
class RecordedDecision(Decision):
    """What is said of a beat of a recording: `sample` at the recording's own rate, `time` in seconds."""

    sample: int
    time: float
    quality: str


@dataclass(frozen=True)
class Classified:
    """A decision for each beat, in the order in which they were sent."""

    model: Model
    beats: tuple[Decision, ...]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        return cls(Model.of(content["model"]), tuple(map(Decision.of, content["beats"])))


@dataclass(frozen=True)
class AnnotatedRecording:
    """A recording, its beats, and what they say together; `recording` and `rhythm` are as the API describes them."""

    recording: dict[str, Any]
    beats: tuple[RecordedDecision, ...]
    rhythm: dict[str, Any]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        return cls(content["recording"], tuple(map(RecordedDecision.of, content["beats"])), content["rhythm"])
