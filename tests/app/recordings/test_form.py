import asyncio
import tracemalloc
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.recordings.form import LITTLE, keep, read_form
from ecg.workspace import Workspace

PIECE = 65_536
PARTS = 40
SIZE = 1_000_000
"""Of a part: what Starlette would keep in memory."""

MEMORY = 5_000_000
"""That the pieces which are under way may take."""


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def pieces(parts, size):
    """A form of so many files, as it comes."""
    body = b""
    for number in range(parts):
        head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{number}.dat"\r\n\r\n'
        body += head.encode() + number.to_bytes() * size + b"\r\n"
        while len(body) > PIECE:
            yield body[:PIECE]
            body = body[PIECE:]
    yield body + b"--b--\r\n"


def request_of(parts, size=SIZE, kind="multipart/form-data; boundary=b"):
    coming = pieces(parts, size)

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
        assert [name for name, _ in form.multi_items()] == ["files"] * PARTS


@pytest.mark.parametrize("size", [0, 1, LITTLE, LITTLE + 1, PIECE, SIZE])
def test_they_are_files_of_the_workspace_as_they_came(size):
    with Workspace() as workspace:
        form = asyncio.run(read_form(request_of(3, size), workspace))
        for _, upload in form.multi_items():
            keep(upload, workspace)
        files = sorted((workspace._folder / "files").iterdir())
        assert [file.name for file in files] == ["0.dat", "1.dat", "2.dat"]
        assert [file.read_bytes() for file in files] == [number.to_bytes() * size for number in range(3)]
    assert not workspace._folder.exists()


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=other"])
def test_what_is_no_form_is_refused(kind):
    with Workspace() as workspace, pytest.raises(HTTPException) as refused:
        asyncio.run(read_form(request_of(1, kind=kind), workspace))
    assert refused.value.status_code == 400
