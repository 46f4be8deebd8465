"""What users rely on: the names of everything that another program, a script or a dashboard may have written down.

`python -m tests.interface` writes the list anew into interface.json, for a change of it that is meant.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app import __main__ as app_command
from app import service
from app.beats.request import READERS
from app.http.problems import kinds
from app.inference.tensors import OUTPUTS, SOLVER_OUTPUTS
from app.keys.file import Key
from app.metrics.metrics import Metrics
from app.recordings.live import StreamPiece, StreamRequest, StreamResponse
from app.registry.models import ServedModels
from app.settings import Settings
from ecg import LABELS, QUALITIES
from ecg.formats.wfdb import ANNOTATOR
from models import REASONS, CheckpointInfo, zoo
from models.annotation.csv import COLUMNS
from models.annotation.forms import FORMS
from models.checkpoint.content import FORMAT
from ode import Status, methods
from training import __main__ as training_command

FILE = Path(__file__).with_name("interface.json")


def interface() -> dict[str, Any]:
    """All of it, as JSON has it."""
    app = service.create(ServedModels.load(zoo.names()), Settings())
    return {
        "routes": _statuses(app.openapi()),
        "undescribed routes": ["GET /", "GET /docs", "GET /openapi.json", "GET /page/", "WS /stream"],
        "json": {name: sorted(set(_fields(schema))) for name, schema in sorted(_schemas(app.openapi()).items())},
        "stream": {
            "request": sorted(StreamRequest.model_fields),
            "answer": sorted(StreamResponse.model_fields),
            "piece": sorted(StreamPiece.model_fields),
        },
        "bodies": sorted(READERS),
        "recording media types": [form.media_type for form in FORMS],
        "csv columns": list(COLUMNS),
        "annotator": ANNOTATOR,
        "tensors": [output.name for output in (*OUTPUTS, *SOLVER_OUTPUTS)],
        "problem kinds": sorted(kinds()),
        "reasons": list(REASONS),
        "qualities": list(QUALITIES),
        "labels": list(LABELS),
        "statuses": [status.label for status in Status],
        "methods": [method.name for method in methods()],
        "metrics": sorted(_metrics(app.state.service.metrics)),
        "settings": {f"CARDIODE_{name.upper()}": field.default for name, field in Settings.model_fields.items()},
        "python -m app": dict(_options(app_command._parser("python -m app"))),
        "python -m training": dict(_options(training_command._parser("python -m training"))),
        "key": sorted(Key.model_fields),
        "checkpoint": {"format": FORMAT, "info": sorted(CheckpointInfo.model_fields)},
    }


def _statuses(api: dict[str, Any]) -> dict[str, list[str]]:
    """Each operation, with the statuses that it may answer."""
    return {f"{method.upper()} {path}": sorted(operation["responses"]) for path, method, operation in _operations(api)}


def _operations(api: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in sorted(api["paths"].items()):
        for method, operation in sorted(operations.items()):
            yield path, method, operation


def _schemas(api: dict[str, Any]) -> dict[str, Any]:
    """What each operation takes and gives, by name; an error's shape is listed once."""
    found = {}
    definitions = api["components"]["schemas"]
    for path, method, operation in _operations(api):
        name = f"{method.upper()} {path}"
        found[f"{name} parameters"] = {p["name"]: p["schema"] for p in operation.get("parameters", ())}
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            found[f"{name} {media_type}"] = _whole(content["schema"], definitions)
        for status, answer in operation["responses"].items():
            for media_type, content in answer.get("content", {}).items():
                where = f"{name} {media_type}" if int(status) < 400 else f"error {media_type}"
                found[f"{where} answer"] = _whole(content.get("schema", {}), definitions)
    return {name: schema for name, schema in found.items() if schema}


def _whole(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its references filled in."""
    if isinstance(schema, list):
        return [_whole(inner, definitions) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _whole(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {key: _whole(inner, definitions) for key, inner in schema.items()}


def _fields(schema: Any, path: str = "") -> Iterator[str]:
    """The paths of all fields below a schema; a list's elements are `[]`."""
    if not isinstance(schema, dict):
        return
    for name, inner in schema.get("properties", {} if "type" in schema else schema).items():
        if isinstance(inner, dict) and name not in ("anyOf", "oneOf", "allOf", "items", "properties"):
            yield f"{path}{name}"
            yield from _fields(inner, f"{path}{name}.")
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ())):
        yield from _fields(part, path)
    yield from _fields(schema.get("items"), f"{path[:-1]}[]." if path else "[].")


def _metrics(metrics: Metrics) -> Iterator[str]:
    """Each metric with its labels."""
    for metric in vars(metrics).values():
        if hasattr(metric, "_name"):
            labels = getattr(metric, "_labelnames", None) or getattr(metric, "_label_names", ())
            yield f"{metric._name}{{{','.join(labels)}}}"
    yield from (f"{family.name}{{worker}}" for family in metrics.workers.collect())


def _options(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each command with the options and arguments that it takes."""
    own = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command, sub in action.choices.items():
                yield from _options(sub, f"{name} {command}".strip())
        elif not isinstance(action, argparse._HelpAction):
            own.append("/".join(action.option_strings) or str(action.metavar or action.dest))
    yield name, sorted(own)


if __name__ == "__main__":
    FILE.write_text(json.dumps(interface(), indent=1) + "\n")
