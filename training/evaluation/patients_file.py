"""The file that keeps what a classifier reached on recordings of patients, so that its card can be written anew."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from ecg.scoring import CLASSES, Comparison
from training.errors import UnexpectedData
from training.evaluation.patients import VIEWS, Patients, View
from training.measures.confidence import Confidence

FILE_NAME = "patients.json"
"""What it is called beside a card."""


def write(patients: Patients, file: Path) -> None:
    """Write the matrices of all recordings, in each view; rates and bounds follow from them."""
    views = [
        {"peaks": view.peaks, "start": view.start, "recordings": [_written(one) for one in comparisons]}
        for view, comparisons in patients.views.items()
    ]
    content = {
        "name": patients.name,
        "sha256": patients.sha256,
        "classes": "".join(CLASSES),
        "views": views,
        "confidence": patients.confidence and asdict(patients.confidence),
    }
    file.write_text(json.dumps(content) + "\n")


def read(file: Path) -> Patients:
    """Read what `write` wrote. Raises UnexpectedData where the file is something else."""
    try:
        content = json.loads(file.read_text())
        views = {
            View(view["peaks"], float(view["start"])): [_read(one) for one in view["recordings"]]
            for view in content["views"]
        }
        confidence = TypeAdapter(Confidence | None).validate_python(content.get("confidence"))
        patients = Patients(str(content["name"]), str(content["sha256"]), views, confidence)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnexpectedData(
            f"{file} does not hold what was reached on patients ({error}); make it anew: `python -m training evaluate`"
        ) from error
    if set(views) != set(VIEWS) or content.get("classes") != "".join(CLASSES):
        raise UnexpectedData(
            f"{file} has other views or classes than this version tells; make it anew: `python -m training evaluate`"
        )
    return patients


def _written(comparison: Comparison) -> dict[str, Any]:
    return {
        "name": comparison.name,
        "confusion": comparison.confusion.tolist(),
        "interval_error": comparison.interval_error,
        "shutdown": comparison.shutdown,
    }


def _read(written: dict[str, Any]) -> Comparison:
    return Comparison(
        name=written["name"],
        confusion=np.array(written["confusion"], dtype=np.int64).reshape(len(CLASSES), len(CLASSES)),
        interval_error=written["interval_error"],
        shutdown=written["shutdown"],
    )
