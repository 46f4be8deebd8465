"""Content-Encoding: bodies that come compressed, unpacked as far as the limit allows (RFC 9110, 8.4)."""

import zlib

from app.errors import BodyTooLarge, UnreadableBody, UnsupportedBody
from ecg.messages import shortened

WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
"""What zlib takes for each: 16 more for gzip's own header; deflate has zlib's."""


UNFOLDS = 10
"""How many times its size a body may become: beats with many zeros become five times theirs."""

ALWAYS = 1_000_000
"""Bytes that a body may become, however small it was."""


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """The body as it was before its client compressed it; never more than one byte over the limit is unpacked.

    The limit is `most`, and less for a body that unfolds like a bomb. Raises UnsupportedBody for an encoding that is
    not known, UnreadableBody for a body that is not of it, and BodyTooLarge.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in WINDOWS:
        known = ", ".join(WINDOWS)
        message = f"got Content-Encoding: {shortened(name)!r}, expected none or one of: {known}"
        raise UnsupportedBody(message, {"Accept-Encoding": known})
    most = min(most, max(UNFOLDS * len(body), ALWAYS))
    reader = zlib.decompressobj(WINDOWS[name])
    try:
        content = reader.decompress(body, most + 1)
    except zlib.error as error:
        raise UnreadableBody(f"the body is not {name}, as its Content-Encoding says: {error}") from error
    if len(content) > most:
        raise BodyTooLarge(
            f"the body is over the limit of {most:,} bytes when unpacked; send fewer beats in one request"
        )
    if not reader.eof or reader.unused_data:
        what = "something follows it" if reader.eof else "its end is missing"
        raise UnreadableBody(f"the body is not {name}, as its Content-Encoding says: {what}")
    return content
