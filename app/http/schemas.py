"""What requests and answers look like in JSON, with examples that work when pasted."""

import sys
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    GetPydanticSchema,
)

from ecg import BEAT_LENGTH, Label, cut_annotated_beats
from ecg.messages import shortened
from ecg.synthetic import synthesize
from models import AUTO, Dial, ModelIdentity, Reason, SolverSettings
from models.checkpoint.abstention import ALL, LEAST
from models.decisions import Stage
from models.plan import DEFAULT_STEP
from ode import Kind, Status, methods

MAX_BEATS = 4096
METHODS = (*(method.name for method in methods()), AUTO)
TOLERANCES = (1e-9, 1.0)
EVALUATIONS = (1, 100_000)
COVERAGES = (LEAST, ALL)
STEPS = (1e-4, 1.0)


def example_beat() -> list[float]:
    """A synthetic normal beat."""
    beats = cut_annotated_beats(synthesize(10, heart_rate=75, seed=1))
    return [round(float(value), 3) for value in beats.values[3]]


def whole_schema(model: type[BaseModel]) -> dict[str, Any]:
    """A model's JSON schema without references, for the description of routes that read their bodies themselves."""
    described = model.model_json_schema()
    whole: dict[str, Any] = _inlined(described, described.pop("$defs", {}))
    return whole


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    """A part of a schema, with what it refers to in place of the references."""
    if isinstance(node, list):
        return [_inlined(inner, definitions) for inner in node]
    if not isinstance(node, dict):
        return node
    inlined = {name: _inlined(inner, definitions) for name, inner in node.items() if name != "$ref"}
    if "$ref" in node:
        inlined = _inlined(definitions[node["$ref"].rpartition("/")[2]], definitions) | inlined
    return inlined


def within(low: float, high: float) -> Callable[[float], float]:
    """A check of numbers, to be put beside `bounds`."""

    def check(value: float) -> float:
        if not low <= value <= high:
            got = f"{value:g}" if abs(value) < sys.float_info.max else "a number beyond all floats"
            raise ValueError(f"got {got}, expected {low:g}..{high:g}")
        return value

    return check


def _of_beat_length(row: object) -> object:
    """Refuse a row by its length before each of its numbers is looked at."""
    if isinstance(row, list) and len(row) != BEAT_LENGTH:
        raise ValueError(f"got {len(row)} numbers, expected {BEAT_LENGTH}")
    return row


def _whole(number: float) -> int:
    if not number.is_integer():
        raise ValueError(f"got {number:g}, expected a whole number")
    return int(number)


def _known_method(name: str) -> str:
    if name not in METHODS:
        raise ValueError(f"got {shortened(name)!r}, expected one of: {', '.join(METHODS)}")
    return name


def bounds(low: float, high: float) -> Any:
    """For the API's description, of a number that is held against them elsewhere."""
    return Field(json_schema_extra={"minimum": low, "maximum": high})


VALUE = {"type": "number", "minimum": 0, "maximum": 1}
"""A sample of a beat, for the API's description: what is out of bounds is refused by `ecg`, all at once."""
ROW = {"items": VALUE, "minItems": BEAT_LENGTH, "maxItems": BEAT_LENGTH}

Whole = Annotated[
    int,
    GetPydanticSchema(lambda _, schema_of: schema_of(float)),
    AfterValidator(_whole),
    Field(json_schema_extra={"type": "integer"}),
]
"""JSON has one kind of numbers: 20.0 is the integer 20 (JSON Schema 2020-12, core, 4.2.3)."""
Row = Annotated[list[float], FailFast(), BeforeValidator(_of_beat_length), Field(json_schema_extra=ROW)]
Method = Annotated[str, AfterValidator(_known_method), Field(json_schema_extra={"enum": list(METHODS)})]
Tolerance = Annotated[float, AfterValidator(within(*TOLERANCES)), bounds(*TOLERANCES)]
Step = Annotated[float, AfterValidator(within(*STEPS)), bounds(*STEPS)]
Evaluations = Annotated[Whole, AfterValidator(within(*EVALUATIONS)), bounds(*EVALUATIONS)]


Coverage = Annotated[
    float,
    AfterValidator(within(*COVERAGES)),
    bounds(*COVERAGES),
    Field(
        description="share of beats that shall get an answer: the model abstains on the least confident ones, by what "
        "calibrated on the validation set; 1: on none for that reason",
    ),
]


Signal = Annotated[list[float | None], FailFast()]
"""The samples of a lead; null is a gap. What is wrong with one is the first thing alone: there may be millions."""


class StrictRequest(BaseModel):
    """What a client sends: of the types it should be, and with no field that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SolverRequest(StrictRequest):
    """How the ODE is solved; what is left out is as the model was released."""

    method: Method | None = None
    rtol: Tolerance | None = Field(None, description="relative tolerance of an adaptive or implicit method")
    atol: Tolerance | None = Field(None, description="absolute tolerance of an adaptive or implicit method")
    step: Step | None = Field(
        None, description=f"of any but an adaptive method, as a share of the interval; left out: {DEFAULT_STEP}"
    )
    max_evaluations: Evaluations | None = Field(None, description="evaluations a beat may cost at most")

    @property
    def settings(self) -> SolverSettings:
        """What is asked of the solver."""
        return SolverSettings(**self.model_dump())


ModelName = Annotated[
    str | None,
    Field(
        description="a name that GET /models lists, for the current model of that name; name@version, or name@ and the "
        "sha256 or at least eight digits of it, for that very one; left out: the service's default"
    ),
]


class DecisionOptions(BaseModel):
    """How beats shall be decided on, wherever they come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: ModelName = None
    solver: SolverRequest | None = Field(None, description="for a model with a solver")
    coverage: Coverage = ALL

    @property
    def settings(self) -> SolverSettings | None:
        """What is asked of the solver; None for nothing."""
        return None if self.solver is None else self.solver.settings


class ClassifyOptions(DecisionOptions):
    """What a request may say beside its beats."""

    model_config = ConfigDict(strict=True)

    explain: bool = Field(
        False,
        description="whether to add how much each sample counted for the label: a beat then costs as much as 50, and "
        "a request may have as many as the setting CARDIODE_EXPLAINED_BEATS says",
    )


class ClassifyRequest(ClassifyOptions):
    """Beats to classify."""

    beats: list[Row] = Field(
        min_length=1,
        max_length=MAX_BEATS,
        description=f"each {BEAT_LENGTH} numbers in 0..1, sampled at 125 Hz from an R peak on for 1.2 R-R intervals, "
        "scaled by their own minimum and maximum, padded with zeros",
    )


class ReceiptResponse(BaseModel):
    """What a solve cost and how good it is."""

    method: str
    rtol: float | None = Field(description="null for a method that knows no tolerance")
    atol: float | None = Field(description="null for a method that knows no tolerance")
    evaluations: int = Field(description="calls of the dynamics")
    accepted: int = Field(description="steps taken")
    rejected: int = Field(description="steps tried again, shorter")
    error: float | None = Field(
        description="sum of the steps' estimated errors (root mean square, in units of the state); null where unknown"
    )
    status: str = Field(description="why the solve ended", json_schema_extra={"enum": [s.label for s in Status]})
    stage: Stage | None = Field(description=f"which solve of the method {AUTO} answered; null for any other method")
    agreed: bool | None = Field(
        description="whether the cheap solve had said the same; null where no tight one was tried"
    )
    validated: bool = Field(
        description="whether labels by these settings were found to be those of a tight solve, on validation beats"
    )


class DecisionResponse(BaseModel):
    """What is said of one beat; label and probabilities are null where its solve failed.

    Where the model abstains they are its best guess, but null where the signal is poor.
    """

    label: Label | None
    probabilities: dict[Label, float] | None
    abstained: bool
    reason: Reason | None = Field(description="why it abstains; null where it does not")
    receipt: ReceiptResponse | None = Field(description="null for a model without a solver")


class SolverResponse(BaseModel):
    """How a model's equation is solved where a request does not say."""

    method: str
    rtol: float
    atol: float
    max_evaluations: int
    first_step: float | None = Field(description="of the interval 0..1; null where each beat chooses its own")
    step: float | None = Field(description="of a method that takes its steps from the caller")


class MethodResponse(BaseModel):
    """A method that a request may ask for."""

    name: str
    kind: Kind = Field(description="adaptive ones obey rtol and atol, the others take step; implicit ones take both")
    order: int
    stages: int = Field(description="evaluations that a step costs, those of an implicit method at least")


class ModelResponse(BaseModel):
    """One of the models that are served."""

    name: str
    version: str
    sha256: str
    pin: str = Field(description="what a request calls this very checkpoint, whatever else is served of its name")
    current: bool = Field(description="answers where a request names it without a version")
    default: bool = Field(description="answers where a request names no model")
    default_for_recordings: bool = Field(description="answers where a request with a recording names none")
    architecture: str
    classes: list[Label]
    solver: SolverResponse | None
    methods: list[MethodResponse] = Field(description="that a request may ask for")
    dial: Dial | None = Field(
        description=f"which settings were validated, and how {AUTO} chooses; null where nothing was found out"
    )
    figures: dict[str, Any] = Field(description="what it reached on the test beats, and cost to train")


class ModelsResponse(BaseModel):
    """The models that are served."""

    models: list[ModelResponse]


class FormatResponse(BaseModel):
    """A format of recordings."""

    name: str
    extensions: list[str] = Field(description="of its files, with their dots; a file of another name is known too")
    extra: str | None = Field(
        description="what `pip install 'cardiode[extra]'` has to install where the service runs; null for nothing"
    )


class FormatsResponse(BaseModel):
    """The formats of recordings that are read."""

    formats: list[FormatResponse]


class ReloadResponse(BaseModel):
    """What is served after a reload, in the order of CARDIODE_MODELS, and what it changed."""

    models: list[ModelIdentity]
    added: list[ModelIdentity]
    removed: list[ModelIdentity]
    unchanged: list[ModelIdentity]


class HealthResponse(BaseModel):
    """Whether the service is alive, or ready."""

    status: str
