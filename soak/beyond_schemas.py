"""Beyond schemas: what holds of valid requests and of right answers, and no JSON schema can say.

Schemathesis loads this module. Of a request that shall be valid it fits together what has to fit: numbers and their
shape, a method and its settings, a file and its name. What it makes to be refused stays as it is. And it names the few
refusals of valid requests, by status and message, that are right, each with the reason why the document cannot rule
them out.
"""

import io
import json
import re
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import schemathesis
from jaxtyping import Float32
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure, ServerError
from schemathesis.openapi.checks import RejectedPositiveData

from app.beats.request import JSON, NPY, RAW
from app.http.deadline import HEADER as DEADLINE
from app.http.schemas import example_beat
from app.inference.tensors import BEATS, HEADER_LENGTH
from ecg.synthetic import synthesize
from models import AUTO
from ode import find_method

RIGHT_REFUSALS = {
    "solver: got solver settings, but .* solves no equation": "whether a model has one is shown by GET /models",
    "coverage: .* no confidence was found": "whether a model can abstain is known of its checkpoint alone",
    "context of their recording": "whether a model takes beats by themselves is shown by GET /models",
    r"outputs\.\d+\.name: got .* expected one of": "which outputs a model has is shown by its metadata",
    r"outputs\.\d+\.name: got .* a second time": "JSON schema knows items that are equal, not ones of equal names",
}
"""Messages of status 422 that answer valid requests, and why no schema can rule these out."""

MODELS = ("odenet", "resnet")
METHOD = "dopri5"
"""That of the released models, where a request names none."""

AT_MOST = 3
"""Beats that a request is given."""

MADE = synthesize(8, fs=125.0, leads=("MLII", "V1"), seed=4)
"""The recording that a request is given, or half of them."""

Drawn = np.random.Generator
Sending = dict[str, Any]
"""What of a request is said beside its case: a body in place of the case's own."""
Fit = Callable[[Case, Sending, Drawn], None]


@schemathesis.hook
def before_call(_: HookContext, case: Case, kwargs: Sending) -> None:
    """Make a request that shall be valid so, where its parts have to fit each other."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    path = case.operation.path.replace("/versions/{version}", "")
    drawn = np.random.default_rng(zlib.crc32(repr(case.body).encode()))  # the same request is always made the same
    for fit in FITTING.get((path, case.media_type), ()):
        fit(case, kwargs, drawn)


def _in_body(case: Case, _: Sending, drawn: Drawn) -> None:
    """The options of a JSON body stand in it alone."""
    case.query.clear()
    _model(case.body, drawn)
    _solver(case.body.get("solver") or {})


def _in_query(case: Case, _: Sending, drawn: Drawn) -> None:
    _model(case.query, drawn)
    _solver(case.query)


def _model(options: dict[str, Any], drawn: Drawn) -> None:
    """One that there is, mostly."""
    if options.get("model") is not None and drawn.random() < 0.8:
        options["model"] = str(drawn.choice(MODELS))


def _solver(settings: dict[str, Any]) -> None:
    """Settings that the method takes."""
    name = settings.get("method") or METHOD
    if name == AUTO or not find_method(name).takes_step:
        settings.pop("step", None)
    if name == AUTO or not find_method(name).takes_tolerance:
        settings.pop("rtol", None)
        settings.pop("atol", None)


def _beats(drawn: Drawn) -> Float32[np.ndarray, "beat 187"]:
    scale = drawn.uniform(0.5, 1, (int(drawn.integers(1, AT_MOST + 1)), 1))
    return (scale * example_beat()).astype("<f4")


def _in_time(case: Case, _: Sending, drawn: Drawn) -> None:
    """Time enough, mostly."""
    if DEADLINE in case.headers and drawn.random() < 0.8:
        case.headers[DEADLINE] = "30000"


def _raw(_: Case, sending: Sending, drawn: Drawn) -> None:
    sending["data"] = _beats(drawn).tobytes()


def _npy(_: Case, sending: Sending, drawn: Drawn) -> None:
    content = io.BytesIO()
    np.save(content, _beats(drawn))
    sending["data"] = content.getvalue()


def _tensor(case: Case, _: Sending, drawn: Drawn) -> None:
    """As many numbers as the shape says; all of the body is JSON, and says of the model what the URL does."""
    beats = _beats(drawn)
    case.body["inputs"] = [
        {"name": BEATS, "datatype": "FP32", "shape": list(beats.shape), "data": beats.ravel().tolist()}
    ]
    _solver(case.body.get("parameters") or {})
    case.body.pop("model_name", None)
    case.headers.pop(HEADER_LENGTH, None)


def _binary_tensor(case: Case, sending: Sending, drawn: Drawn) -> None:
    """JSON, and behind it the numbers."""
    beats = _beats(drawn)
    tensor = {"name": BEATS, "datatype": "FP32", "shape": list(beats.shape)}
    head = json.dumps({"inputs": [tensor | {"parameters": {"binary_data_size": beats.nbytes}}]}).encode()
    case.headers[HEADER_LENGTH] = str(len(head))
    sending["data"] = head + beats.tobytes()


def _signals(case: Case, _: Sending, drawn: Drawn) -> None:
    """Signals of equal length, of which one is asked for; half of the recordings have beats, and are kept."""
    if drawn.random() < 0.5:
        made = {lead: signal.tolist() for lead, signal in zip(MADE.leads, MADE.signals, strict=True)}
        case.body |= {"signals": made, "fs": MADE.fs, "keep": True}
    length = min(map(len, case.body["signals"].values()))
    case.body["signals"] = {lead: signal[:length] for lead, signal in case.body["signals"].items()}
    if case.body.get("lead") is not None:
        case.body["lead"] = next(iter(case.body["signals"]))


def _form(case: Case, sending: Sending, _: Drawn) -> None:
    """A file that can be read, and text that says no otherwise."""
    rows = [",".join(f"{lead} (mV)" for lead in MADE.leads), *(",".join(map(str, row)) for row in MADE.signals.T)]
    sending["files"] = [("files", ("made.csv", "\n".join(rows)))]
    fields = {name: value for name, value in case.body.items() if name in ("model", "coverage", "keep", "beats")}
    sending["data"] = {name: str(value) for name, value in fields.items() if value is not None} | {"fs": str(MADE.fs)}


def _number(case: Case, _: Sending, __: Drawn) -> None:
    """Of a beat that there may be."""
    case.path_parameters["number"] = int(case.path_parameters["number"]) % 8


INFER = "/v2/models/{name}/infer"
BEAT = "/recordings/{id}/beats/{number}"
FITTING: dict[tuple[str, str | None], tuple[Fit, ...]] = {
    ("/classify", JSON): (_in_body, _in_time),
    ("/classify", RAW): (_in_query, _in_time, _raw),
    ("/classify", NPY): (_in_query, _in_time, _npy),
    (INFER, JSON): (_in_time, _tensor),
    (INFER, RAW): (_in_time, _binary_tensor),
    ("/recordings", JSON): (_in_body, _signals),
    ("/recordings", "multipart/form-data"): (_form,),
    ("/recordings/{id}/decisions", JSON): (_in_body,),
    (BEAT, None): (_number,),
    (f"{BEAT}/explanation", None): (_number,),
}
"""By path, whatever the version in it, and media type."""


@schemathesis.hook
def filter_failure(_: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Whether a failure is one."""
    match failure:
        case RejectedPositiveData(status_code=422):
            return not any(re.search(message, response.text) for message in RIGHT_REFUSALS)
        case ServerError(status_code=504):
            return not _tells_a_deadline(case)
        case _:
            return True


def _tells_a_deadline(case: Case) -> bool:
    """Whether the request says how long it may take: that an answer would come later is then the answer to it."""
    parameters = case.body.get("parameters") if isinstance(case.body, dict) else None
    return DEADLINE in case.headers or (isinstance(parameters, dict) and "timeout" in parameters)
