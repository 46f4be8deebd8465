"""A form: its files go to a workspace as they come, however many there are, and none stays in memory or open."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ecg.workspace import MAX_FILES, Workspace

MAX_FIELDS = 20


class PartFile:
    """A file that is coming; it is opened for each piece, so that thousands need no more descriptors than one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, data: bytes) -> int:
        """Add a piece."""
        with self.path.open("ab") as target:
            return target.write(data)

    def seek(self, _: int) -> int:
        """All of it has come."""
        return 0

    def close(self) -> None:
        """It goes with its workspace."""


class FormReader(MultiPartParser):
    """Starlette's parser, which would keep each file of up to a megabyte in memory."""

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None], workspace: Workspace) -> None:
        super().__init__(headers, stream, max_files=MAX_FILES, max_fields=MAX_FIELDS)
        self.workspace = workspace

    def on_headers_finished(self) -> None:
        """A part begins."""
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


def part_of(upload: UploadFile) -> Path:
    """Where a file of such a form lies."""
    return cast(PartFile, upload.file).path
