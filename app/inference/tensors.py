"""Tensors: beats and decisions as the Open Inference Protocol sends them.

A body is a JSON object; behind it, in the object's order, come the data of those tensors whose parameters say that
they are binary: little endian, row by row, without gaps. A header states where the JSON ends (KServe: Open Inference
Protocol, HTTP/REST; Triton: binary tensor data extension).

    inputs     beats          FP16, FP32 or FP64    [beat, 187]
    outputs    label          BYTES                 [beat]       empty where the solve failed
               probabilities  FP32                  [beat, 5]    of N, S, V, F, Q; then NaN, in JSON null
               abstained      BOOL                  [beat]
               evaluations    INT32                 [beat]       this and the next two of a model with a solver
               error          FP32                  [beat]       NaN, in JSON null, where unknown
               status         BYTES                 [beat]
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any, Literal

import numpy as np
from jaxtyping import Float, Float32
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic.config import JsonDict

from app.http.schemas import (
    MAX_BEATS,
    ROW,
    VALUE,
    Coverage,
    SolverRequest,
    StrictRequest,
    Whole,
    bounds,
    within,
)
from app.http.validation import invalid, validated
from ecg import BEAT_LENGTH, LABELS, check_beats
from ecg.messages import listed, shortened
from models import Decision, Decisions, ModelIdentity, SolverSettings
from models.checkpoint.abstention import ALL

HEADER_LENGTH = "Inference-Header-Content-Length"
"""The header that states how many bytes of a body are JSON."""

MOST_DIGITS = 12

BEATS = "beats"
FLOATS = {"FP16": "<f2", "FP32": "<f4", "FP64": "<f8"}
"""Datatypes that beats may have."""

SIZES = (0, 10**MOST_DIGITS)
TIMEOUTS = (1, 10**MOST_DIGITS)

Size = Annotated[Whole, AfterValidator(within(*SIZES)), bounds(*SIZES)]
Microseconds = Annotated[Whole, AfterValidator(within(*TIMEOUTS)), bounds(*TIMEOUTS)]

Datatype = Literal["FP32", "INT32", "BOOL", "BYTES"]
DTYPES: dict[Datatype, str] = {"FP32": "<f4", "INT32": "<i4", "BOOL": "?"}


class InputParameters(StrictRequest):
    """Where an input's data are, if they are not in the JSON."""

    binary_data_size: Size | None = Field(None, description="bytes of it that follow the JSON")


def _flat(data: object) -> object:
    """The rows one after the other, where they are nested; each must be of the length of a beat."""
    if not isinstance(data, list) or not data or not isinstance(data[0], list):
        return data
    for place, row in enumerate(data):
        if not isinstance(row, list) or len(row) != BEAT_LENGTH:
            got = f"{len(row):,}" if isinstance(row, list) else "no list"
            raise ValueError(f"got {got} in row {place}, expected {BEAT_LENGTH} numbers")
    return list(chain.from_iterable(data))


MOST_NUMBERS = MAX_BEATS * BEAT_LENGTH
NUMBERS = {
    "type": "array",
    "minItems": 1,
    "anyOf": [
        {"items": VALUE, "minItems": BEAT_LENGTH, "maxItems": MOST_NUMBERS},
        {"items": {"type": "array"} | ROW, "maxItems": MAX_BEATS},
    ],
}
"""Flat or nested, for the API's description."""
SHAPE: JsonDict = {
    "minItems": 2,
    "maxItems": 2,
    "prefixItems": [{"type": "integer", "minimum": 1, "maximum": MAX_BEATS}, {"const": BEAT_LENGTH}],
}

Numbers = Annotated[
    list[float],
    Field(max_length=MOST_NUMBERS, fail_fast=True),
    BeforeValidator(_flat),
    WithJsonSchema(NUMBERS),
]


class InputTensor(StrictRequest):
    """The beats."""

    name: str = Field(json_schema_extra={"const": BEATS})
    datatype: str = Field(json_schema_extra={"enum": list(FLOATS)})
    shape: list[Size] = Field(max_length=8, description=f"[beats, {BEAT_LENGTH}]", json_schema_extra=SHAPE)
    parameters: InputParameters = InputParameters()
    data: Numbers | None = Field(None, description="row by row, flat or nested")


def _output_names(schema: dict[str, Any]) -> None:
    """Tell the API's description which outputs there are."""
    schema["enum"] = [output.name for output in outputs_of(solver=True)]


class OutputParameters(StrictRequest):
    """In which form an output is wanted."""

    binary_data: bool | None = Field(None, description="left out: as binary_data_output says")


class RequestedOutput(StrictRequest):
    """An output that is wanted."""

    name: str = Field(json_schema_extra=_output_names)
    parameters: OutputParameters = OutputParameters()


class InferParameters(SolverRequest):
    """How beats shall be decided on, the solver's settings beside the others, and in which form."""

    coverage: Coverage = ALL
    timeout: Microseconds | None = Field(None, description="microseconds that it may take")
    binary_data_output: bool = Field(False, description="whether outputs that do not say so themselves are binary")

    @property
    def solver(self) -> SolverSettings | None:
        """What is asked of the solver; None for nothing."""
        given = self.model_dump(include=set(SolverRequest.model_fields), exclude_none=True)
        return SolverSettings(**given) if given else None


class InferRequest(StrictRequest):
    """A request to infer, without what is binary of it."""

    id: str | None = Field(None, description="comes back with the answer")
    model_name: str | None = Field(None, description="that of the URL; some clients repeat it")
    parameters: InferParameters = InferParameters()
    inputs: list[InputTensor] = Field(min_length=1, max_length=1)
    outputs: list[RequestedOutput] = Field([], max_length=100, description="left out: all that the model has")


@dataclass(frozen=True)
class Inference:
    """What a request asks: beats that were checked, and the rest of it."""

    beats: Float32[np.ndarray, "beat 187"]
    asked: InferRequest


def read(body: bytes, header_length: str | None) -> Inference:
    """What a body asks; `header_length` is the header of that name.

    Raises RequestValidationError, and InvalidBeats and InvalidBeat for values that no beat has.
    """
    length = _json_length(header_length, len(body))
    asked = validated(InferRequest, body[:length])
    return Inference(_beats(asked.inputs[0], memoryview(body)[length:]), asked)


def _json_length(text: str | None, size: int) -> int:
    if text is None:
        return size
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text) <= size):
        message = f"got {shortened(text)!r}, expected the number of JSON bytes, at most the {size:,} of the body"
        raise invalid(HEADER_LENGTH, message, "header")
    return int(text)


def _beats(tensor: InputTensor, binary: memoryview) -> Float32[np.ndarray, "beat 187"]:
    if tensor.name != BEATS:
        raise invalid("inputs.0.name", f"got {shortened(tensor.name)!r}, expected {BEATS!r}")
    if tensor.datatype not in FLOATS:
        got = shortened(tensor.datatype)
        raise invalid("inputs.0.datatype", f"got {got!r}, expected one of: {', '.join(FLOATS)}")
    # Before anything of that size is made.
    if len(tensor.shape) != 2 or tensor.shape[1] != BEAT_LENGTH or not 1 <= tensor.shape[0] <= MAX_BEATS:
        expected = f"[beats, {BEAT_LENGTH}], 1 to {MAX_BEATS:,} beats in one request"
        raise invalid("inputs.0.shape", f"got {tensor.shape}, expected {expected}")
    values = _binary_values(tensor, binary) if tensor.data is None else _json_values(tensor, binary)
    return np.ascontiguousarray(check_beats(values))


def _binary_values(tensor: InputTensor, binary: memoryview) -> Float[np.ndarray, "beat 187"]:
    dtype, size = np.dtype(FLOATS[tensor.datatype]), tensor.parameters.binary_data_size
    if size is None:
        raise invalid("inputs.0", "got neither data nor the parameter binary_data_size, expected one of them")
    expected = dtype.itemsize * tensor.shape[0] * BEAT_LENGTH
    if size != expected or len(binary) != expected:
        raise invalid(
            "inputs.0.parameters.binary_data_size",
            f"got {size:,}, and {len(binary):,} bytes after the JSON, expected {expected:,} of both for "
            f"{tensor.datatype} of the shape {tensor.shape}; the header {HEADER_LENGTH} states where the JSON ends",
        )
    return np.frombuffer(binary, dtype).reshape(tensor.shape)


def _json_values(tensor: InputTensor, binary: memoryview) -> Float[np.ndarray, "beat 187"]:
    if tensor.parameters.binary_data_size is not None or binary:
        raise invalid("inputs.0.data", f"got data, and binary data too ({len(binary):,} bytes), expected one of them")
    values = np.array(tensor.data, dtype=np.float64)
    expected = tensor.shape[0] * BEAT_LENGTH
    if values.size != expected:
        raise invalid("inputs.0.data", f"got {values.size:,} numbers, expected {expected:,} for {tensor.shape}")
    return values.reshape(tensor.shape)


@dataclass(frozen=True)
class Output:
    """A tensor that a model answers with. `shape` is that of one beat, of which `values` is the flat array.

    None stands for a number that there is not.
    """

    name: str
    datatype: Datatype
    shape: tuple[int, ...]
    values: Callable[[Decision], Sequence[str | float | None]]


OUTPUTS = (
    Output("label", "BYTES", (), lambda decision: [decision.label or ""]),
    Output(
        "probabilities",
        "FP32",
        (len(LABELS),),
        lambda decision: list(decision.probabilities.values()) if decision.probabilities else [None] * len(LABELS),
    ),
    Output("abstained", "BOOL", (), lambda decision: [decision.abstained]),
)


def _of_receipt(field: str) -> Callable[[Decision], Sequence[Any]]:
    return lambda decision: [getattr(decision.receipt, field)]


SOLVER_OUTPUTS = (
    Output("evaluations", "INT32", (), _of_receipt("evaluations")),
    Output("error", "FP32", (), _of_receipt("error")),
    Output("status", "BYTES", (), _of_receipt("status")),
)


def outputs_of(*, solver: bool) -> tuple[Output, ...]:
    """What a model answers with."""
    return OUTPUTS + (SOLVER_OUTPUTS if solver else ())


@dataclass(frozen=True)
class Wanted:
    """An output that is asked for, and in which form."""

    output: Output
    binary: bool


def wanted_of(asked: InferRequest, there: Sequence[Output]) -> list[Wanted]:
    """The outputs that are asked for, in the request's order, of those there are. Raises RequestValidationError."""
    by_name = {output.name: output for output in there}
    requested = asked.outputs or [RequestedOutput(name=output.name) for output in there]
    names = [output.name for output in requested]
    for place, name in enumerate(names):
        if name not in by_name:
            message = f"got {shortened(name)!r}, expected one of: {listed(by_name)}"
            raise invalid(f"outputs.{place}.name", message)
        if name in names[:place]:
            raise invalid(f"outputs.{place}.name", f"got {name!r} a second time; ask for it once")
    usual = asked.parameters.binary_data_output
    forms = [output.parameters.binary_data for output in requested]
    return [Wanted(by_name[name], usual if form is None else form) for name, form in zip(names, forms, strict=True)]


class OutputDataParameters(BaseModel):
    """Where an output's data are, if they are not in the JSON."""

    binary_data_size: int = Field(description="bytes of it that follow the JSON")


class OutputTensor(BaseModel):
    """An output."""

    name: str
    datatype: Datatype
    shape: list[int]
    parameters: OutputDataParameters | None = Field(None, description="of one that is binary")
    data: list[Any] | None = Field(None, description="flat, row by row; null for a number that there is not")


class InferResponse(BaseModel):
    """Decisions as tensors, without what is binary of them."""

    model_name: str
    model_version: str
    id: str | None = Field(None, description="that of the request, if it has one")
    outputs: list[OutputTensor]


@dataclass(frozen=True)
class Written:
    """The two parts of a body."""

    json: bytes
    binary: bytes


def write(model: ModelIdentity, request_id: str | None, outputs: Sequence[Wanted], decisions: Decisions) -> Written:
    """The answer to a request, whose id comes back with it."""
    rows = list(decisions)
    tensors, parts = [], []
    for wanted in outputs:
        output = wanted.output
        values = [value for decision in rows for value in output.values(decision)]
        tensor = OutputTensor(name=output.name, datatype=output.datatype, shape=[len(rows), *output.shape])
        if wanted.binary:
            parts.append(_bytes(values, output.datatype))
            tensor.parameters = OutputDataParameters(binary_data_size=len(parts[-1]))
        else:
            tensor.data = values
        tensors.append(tensor)
    head = InferResponse(model_name=model.name, model_version=model.version, id=request_id, outputs=tensors)
    return Written(head.model_dump_json(exclude_none=True).encode(), b"".join(parts))


def _bytes(values: Sequence[str | float | None], datatype: Datatype) -> bytes:
    """The binary form: of text its length in bytes as a 32-bit number before it; a number that is not there is NaN."""
    if datatype == "BYTES":
        encoded = [str(text).encode() for text in values]
        return b"".join(len(text).to_bytes(4, "little") + text for text in encoded)
    return np.array(values, DTYPES[datatype]).tobytes()
