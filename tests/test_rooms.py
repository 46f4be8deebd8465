"""The house is easy to see: where a question is answered, how many rooms a request passes, how full a room is."""

import asyncio
import json
import math
import re
import sys
from pathlib import Path

import httpx2 as httpx
import numpy as np
import pytest

from app import service
from app.batching.batch import PendingRequest, Piece
from app.beats.request import BeatsRequest
from app.settings import Settings
from tests.app.batching.test_batcher import WorkerHere
from tests.app.conftest import served as served

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "client", "ecg", "models", "ode", "training")
MOST_MODULES = 16
MOST_FILES = 12


def modules(folder):
    return [file for file in folder.glob("*.py") if file.name != "__init__.py"]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_folder_is_too_full_to_be_seen_at_once(package):
    for folder in (ROOT / package, *(path for path in (ROOT / package).rglob("*") if path.is_dir())):
        assert len(modules(folder)) <= MOST_MODULES, folder


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_with_modules_is_a_package(package):
    folders = {file.parent for file in (ROOT / package).rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


class Here(WorkerHere):
    """Decides in the event loop, so that all of a request's way is in one thread."""

    async def decide(self, classifier, beats, solver, deadline=math.inf):
        return classifier.decide(beats, solver)


def carries(value, body):
    """Whether this is the body of a request, or what was made of it."""
    match value:
        case bytes():
            return value == body
        case np.ndarray():
            return value.ndim == 2 and value.shape[1] == 187
        case BeatsRequest() | PendingRequest() | Piece():
            return True
        case list() if value:
            return isinstance(value[0], Piece) or (len(value) == 187 and isinstance(value[0], float))
        case _:
            return False


def way_of(app, body):
    """The files, in order, whose functions a request's body is given to, from its route to the classifier."""
    way = ["app/routes/classify.py"]

    def profile(frame, event, _):
        file = Path(frame.f_code.co_filename)
        if event != "call" or not file.is_relative_to(ROOT) or file.relative_to(ROOT).parts[0] not in PACKAGES:
            return
        names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
        if any(carries(frame.f_locals.get(name), body) for name in names):
            way.append(str(file.relative_to(ROOT)))
        if frame.f_code.co_name == "decide" and file.name == "classifier.py":
            sys.setprofile(None)

    async def post():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            sys.setprofile(profile)
            try:
                return await client.post("/classify", content=body, headers={"content-type": "application/json"})
            finally:
                sys.setprofile(None)

    assert asyncio.run(post()).status_code == 200
    return way


def test_a_requests_body_passes_few_files_and_returns_to_no_room(served, beats):
    body = json.dumps({"beats": beats[:1].tolist()}).encode()
    way = way_of(service.create(served, Settings(workers=1), begin=Here), body)
    assert way[-1] == "models/classifier.py"
    assert len(set(way)) <= MOST_FILES, way
    rooms = [str(Path(file).parent) for file in way]
    visits = [room for room, before in zip(rooms, [None, *rooms], strict=False) if room != before]
    assert len(visits) == len(set(visits)), visits


QUESTIONS = {
    "where a gain of 0 is handled": ("ecg", r"not float\(gain\[\"a_unit\"\]\)", "ecg/formats/wfdb/header.py"),
    "where a beat is scaled": ("ecg", r"\(crop - low\) / \(high - low\)", "ecg/beats.py"),
    "where 503 is decided": ("app", r"status = 503|, 503\b|\(503\b|code=503", "app/errors.py"),
    "where calibration happens": ("models", r"softmax\(", "models/checkpoint/calibration.py"),
    "where the adjoint is": ("ode", r"class \w*Adjoint\b", "ode/gradients/adjoint.py"),
}
"""The package that answers, what the answer looks like in the source, and the file that it should be in."""


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_in_one_file(question):
    package, answer, expected = QUESTIONS[question]
    found = [file for file in (ROOT / package).rglob("*.py") if re.search(answer, file.read_text())]
    assert [str(file.relative_to(ROOT)) for file in found] == [expected]
