"""Content-Encoding: bodies that come compressed, unpacked as far as the limit allows (RFC 9110, 8.4)."""

import zlib

from starlette.exceptions import HTTPException

from ecg.messages import shortened

WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
"""What zlib takes for each: 16 more for gzip's own header; deflate has zlib's."""


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """The body as it was before its client compressed it; never more than one byte over `most` is unpacked.

    Raises HTTPException: 415 for an encoding that is not known, 400 for a body that is not of it, 413 for a large one.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in WINDOWS:
        known = ", ".join(WINDOWS)
        message = f"got Content-Encoding: {shortened(name)!r}, expected none or one of: {known}"
        raise HTTPException(415, message, headers={"Accept-Encoding": known})
    reader = zlib.decompressobj(WINDOWS[name])
    try:
        content = reader.decompress(body, most + 1)
    except zlib.error as error:
        raise HTTPException(400, f"the body is not {name}, as its Content-Encoding says: {error}") from error
    if len(content) > most:
        raise HTTPException(
            413, f"the body is over the limit of {most:,} bytes when unpacked; send fewer beats in one request"
        )
    if not reader.eof or reader.unused_data:
        what = "something follows it" if reader.eof else "its end is missing"
        raise HTTPException(400, f"the body is not {name}, as its Content-Encoding says: {what}")
    return content
