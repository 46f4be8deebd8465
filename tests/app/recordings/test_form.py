import asyncio
import tracemalloc
from pathlib import Path

import pytest
from starlette.datastructures import Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.recordings.form import part_of, read_form
from ecg.workspace import Workspace

PIECE = 65_536
PARTS = 40
SIZE = 1_000_000
"""Of a part: what Starlette would keep in memory."""

MEMORY = 5_000_000
"""That the pieces which are under way may take."""


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def pieces(parts):
    """A form of so many files, as it comes."""
    body = b""
    for number in range(parts):
        head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{number}.dat"\r\n\r\n'
        body += head.encode() + number.to_bytes() * SIZE + b"\r\n"
        while len(body) > PIECE:
            yield body[:PIECE]
            body = body[PIECE:]
    yield body + b"--b--\r\n"


def request_of(parts, kind="multipart/form-data; boundary=b"):
    coming = pieces(parts)

    async def receive():
        piece = next(coming, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    headers = Headers({"content-type": kind}).raw
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def test_parts_of_a_form_take_neither_memory_nor_descriptors():
    with Workspace() as workspace:
        asyncio.run(read_form(request_of(1), workspace))  # which loads what is needed for it
        before = descriptors()
        tracemalloc.start()
        try:
            form = asyncio.run(read_form(request_of(PARTS), workspace))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < MEMORY
        assert descriptors() <= before + 2
        for number, (name, upload) in enumerate(form.multi_items()):
            assert name == "files" and isinstance(upload, UploadFile) and upload.filename == f"{number}.dat"
            assert part_of(upload).read_bytes() == number.to_bytes() * SIZE


def test_it_goes_with_its_workspace():
    with Workspace() as workspace:
        ((_, upload),) = asyncio.run(read_form(request_of(1), workspace)).multi_items()
        assert part_of(upload).exists()
    assert not part_of(upload).exists()


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=other"])
def test_what_is_no_form_is_refused(kind):
    with Workspace() as workspace, pytest.raises(HTTPException) as refused:
        asyncio.run(read_form(request_of(1, kind), workspace))
    assert refused.value.status_code == 400
