"""The HTTP protocol of the server: uvicorn's by httptools, with a bound for what comes before a body.

httptools waits for the end of the headers however long they are, and keeps all of them meanwhile.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 65_536
"""Of a request's first line and headers together, to within what comes at once; as much as uvicorn takes by h11."""


class BoundedHeads(HttpToolsProtocol):
    """Breaks off a request whose head does not end in time, with an answer of status 400."""

    head_bytes = 0
    """That came of a head which has not ended."""
    in_head = False

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self.in_head = True

    def on_headers_complete(self) -> None:
        """It ends."""
        super().on_headers_complete()
        self.in_head = False

    def data_received(self, data: bytes) -> None:
        """What came next."""
        super().data_received(data)
        self.head_bytes = self.head_bytes + len(data) if self.in_head else 0
        if self.head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"The head of a request may have {MOST_HEAD_BYTES:,} bytes.")
