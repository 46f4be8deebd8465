"""Uploads: what a request to annotate a recording brings, as multipart or as JSON."""

import re
from dataclasses import dataclass
from functools import partial
from io import BytesIO

import anyio
import anyio.to_thread
from pydantic_core import from_json
from starlette.datastructures import UploadFile
from starlette.requests import Request

from app.errors import UnsupportedBody
from app.http.bodies import FORM, media_type, read_beside
from app.http.validation import check_once, invalid, validated
from app.recordings.form import keep, read_form
from app.recordings.schemas import RecordingOptions, SignalsRequest
from ecg import Source, from_arrays
from ecg.messages import shortened
from ecg.reading import ReadOptions
from ecg.workspace import Workspace

CHARSET = re.compile(r"charset=[\s\"']*([^;\s\"']*)", re.IGNORECASE)

FILES = "files"


@dataclass(frozen=True)
class Upload:
    """A recording as it came: its options, and its files in the workspace or its signals."""

    options: RecordingOptions
    signals: SignalsRequest | None

    def source(self, workspace: Workspace, max_bytes: int, *, strict: bool = False) -> Source:
        """The recording, whose signals are still to be read; `strict` where the request does not say.

        Raises UnreadableRecording and InvalidSignals.
        """
        said = self.options
        if self.signals is None:
            strict = strict if said.strict is None else said.strict
            return workspace.open(ReadOptions(said.fs, said.unit, said.lead, strict), max_bytes)
        asked = self.signals
        return from_arrays(asked.signals, asked.fs, unit=asked.unit, name=asked.name, format="JSON")


async def receive(request: Request, workspace: Workspace, readers: anyio.CapacityLimiter) -> Upload:
    """Put the request's files into the workspace.

    Raises RequestValidationError, UnreadableRecording and UnsupportedBody.
    """
    kind = media_type(request.headers)
    if kind == "application/json":
        content = await request.body()
        asked = await read_beside(partial(validated, SignalsRequest, content), readers)
        return Upload(asked, asked)
    if kind == FORM:
        return Upload(await _form(request, workspace), None)
    raise UnsupportedBody(
        f"got Content-Type: {shortened(kind) or 'none'}, expected multipart/form-data with parts named files, or "
        "application/json",
    )


async def _form(request: Request, workspace: Workspace) -> RecordingOptions:
    fields: dict[str, object] = {}
    charset = CHARSET.search(request.headers.get("content-type", ""))
    if charset and charset[1].lower() != "utf-8":  # others can name what no file can be called
        raise UnsupportedBody(f"got a form in {shortened(charset[1])}, expected UTF-8")
    for name, value in (await read_form(request, workspace)).multi_items():
        if isinstance(value, UploadFile):
            if name != FILES:
                raise invalid(name, f"got a file in a part of this name, expected {FILES}")
            await anyio.to_thread.run_sync(keep, value, workspace)
        elif name == FILES:
            await anyio.to_thread.run_sync(workspace.add, "", BytesIO())
        else:
            check_once((*fields, name), "body")
            fields[name] = _json(name, value) if name == "solver" else value
    return validated(RecordingOptions, fields)


def _json(name: str, text: str) -> object:
    try:
        return from_json(text)
    except ValueError as error:
        raise invalid(name, f"got {shortened(text)!r}, expected a JSON object: {error}") from error
