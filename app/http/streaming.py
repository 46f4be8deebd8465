"""Answers that are sent while they are made."""

import re
from collections.abc import Callable, Iterator

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.http.presence import watched
from models.annotation.forms import JSON, NDJSON, Form

SHOWN = (JSON, NDJSON)
"""Forms that programs read; a browser saves the others as files."""


class StreamedAnswer(StreamingResponse):
    """An answer in some form that lets go of what it holds however it ends; `name` is that of the recording.

    `left` is called where the client leaves before: what makes the next piece need not go on.
    """

    def __init__(
        self,
        pieces: Iterator[bytes],
        form: Form,
        close: Callable[[], object],
        name: str,
        left: Callable[[], object] = bool,
    ) -> None:
        file = f"{re.sub(r'[^A-Za-z0-9_-]', '_', name)}.{form.extension}"
        headers = {} if form in SHOWN else {"Content-Disposition": f'attachment; filename="{file}"'}
        super().__init__(pieces, media_type=form.media_type, headers=headers)
        self.close = close
        self.left = left

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with watched(Request(scope, receive), self.left):
                await super().__call__(scope, receive, send)
        finally:
            self.close()
