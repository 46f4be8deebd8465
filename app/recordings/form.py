"""A form: its files go to a workspace as they come, however many there are, and none stays in memory or open."""

from collections.abc import AsyncGenerator
from io import BytesIO
from pathlib import Path
from typing import cast

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ecg.workspace import MAX_FILES, Workspace

MAX_FIELDS = 20

LITTLE = 4096
"""Bytes of a file that are kept in memory: of as many as there may be some megabytes."""


class PartFile:
    """A file that is coming, as Starlette asks a `tempfile.SpooledTemporaryFile`: a little of it is kept in memory.

    Then it is opened for each piece, so that thousands of them need no more descriptors than one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._max_size = LITTLE
        self._rolled = False
        self._begin = b""

    def tell(self) -> int:
        """How much of it is in memory."""
        return len(self._begin)

    def write(self, data: bytes) -> int:
        if not self._rolled and len(self._begin) + len(data) <= LITTLE:
            self._begin += data
            return len(data)
        with self.path.open("ab") as target:
            target.write(self._begin + data)
        self._begin, self._rolled = b"", True
        return len(data)

    def seek(self, _: int) -> int:
        """All of it has come."""
        return 0

    def close(self) -> None:
        """It goes with its workspace."""

    def go_to(self, workspace: Workspace, name: str) -> None:
        """Be a file of the workspace. Raises what `Workspace.add` raises."""
        if self._rolled:
            workspace.take(name, self.path)
        else:
            workspace.add(name, BytesIO(self._begin))


class FormReader(MultiPartParser):
    """Starlette's parser, which would keep each file of up to a megabyte in memory."""

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None], workspace: Workspace) -> None:
        super().__init__(headers, stream, max_files=MAX_FILES, max_fields=MAX_FIELDS)
        self.workspace = workspace

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        upload = self._current_part.file
        if upload is not None:
            upload.file.close()
            upload.file = PartFile(self.workspace.part())  # type: ignore[assignment] # all that is asked of it is there


async def read_form(request: Request, workspace: Workspace) -> FormData:
    """The form of a request, whose files lie in the workspace. Raises HTTPException where it is none."""
    try:
        return await FormReader(request.headers, request.stream(), workspace).parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message) from error


def keep(upload: UploadFile, workspace: Workspace) -> None:
    """Let a file of such a form be one of its workspace. Raises what `Workspace.add` raises."""
    cast(PartFile, upload.file).go_to(workspace, upload.filename or "")
