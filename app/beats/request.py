"""A request to classify: its beats and how they shall be decided on, from each kind of body that may bring them.

application/json           an object: the beats and the options
application/octet-stream   float32, little endian, 187 a beat; the options are in the query
application/x-npy          an array [beat, 187] of floats, as numpy.save writes it; the options are in the query
"""

import io
from dataclasses import dataclass
from functools import partial

import anyio
import numpy as np
from jaxtyping import Float, Float32
from starlette.datastructures import QueryParams
from starlette.requests import Request

from app.errors import UnsupportedBody
from app.http.bodies import media_type, read_beside
from app.http.schemas import MAX_BEATS, ClassifyOptions, ClassifyRequest, SolverRequest
from app.http.validation import check_once, invalid, validated, validated_strings
from ecg import BEAT_LENGTH, InvalidBeats, check_beats
from ecg.messages import shortened

JSON, RAW, NPY = "application/json", "application/octet-stream", "application/x-npy"

LARGE_JSON = 32_000
"""Bytes of JSON that are read beside the event loop: reading them takes longer than going there."""
LARGE_BINARY = 250_000
"""The same of numbers, which only need to be checked."""

SETTINGS = tuple(SolverRequest.model_fields)

USUAL = ClassifyOptions()
"""Where a query says nothing."""

NPY_HEADER = 1_000
"""Bytes: that of two dimensions has a tenth of it."""


@dataclass(frozen=True)
class BeatsRequest:
    """Beats that were checked, and how they shall be decided on."""

    beats: Float32[np.ndarray, "beat 187"]
    options: ClassifyOptions


async def read(request: Request, readers: anyio.CapacityLimiter) -> BeatsRequest:
    """What a request asks; large bodies are read beside the event loop, as many at once as `readers` allow.

    Raises RequestValidationError, InvalidBeats, InvalidBeat, and UnsupportedBody.
    """
    kind = media_type(request.headers, JSON)
    if kind not in READERS:
        raise UnsupportedBody(f"got Content-Type: {shortened(kind)!r}, expected one of: {', '.join(READERS)}")
    body = await request.body()
    if len(body) < (LARGE_JSON if kind == JSON else LARGE_BINARY):
        return READERS[kind](body, request.query_params)
    return await read_beside(partial(READERS[kind], body, request.query_params), readers)


def from_json(body: bytes, query: QueryParams) -> BeatsRequest:
    """A request that is all in the body."""
    for name in query:
        raise invalid(
            name, "got it in the query of a request with a JSON body, expected every option in the body", "query"
        )
    asked = validated(ClassifyRequest, body)
    return BeatsRequest(check_beats(np.array(asked.beats, dtype=np.float64)), asked)


def from_raw(body: bytes, query: QueryParams) -> BeatsRequest:
    """Beats as their numbers alone."""
    options = _options(query)
    beat_bytes = 4 * BEAT_LENGTH
    if not body or len(body) % beat_bytes:
        raise InvalidBeats(
            f"got {len(body):,} bytes, expected a multiple of {beat_bytes}: {BEAT_LENGTH} float32 a beat"
        )
    return BeatsRequest(_checked(np.frombuffer(body, "<f4").reshape(-1, BEAT_LENGTH)), options)


def from_npy(body: bytes, query: QueryParams) -> BeatsRequest:
    """Beats as numpy writes them."""
    options = _options(query)
    stream = io.BytesIO(body)
    try:
        version = np.lib.format.read_magic(stream)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, by_column, dtype = read_header(stream, max_header_size=NPY_HEADER)
    except Exception as error:  # what Python's parser raises of hostile text, numpy lets through: it is of many kinds
        raise InvalidBeats(
            f"got a body that is not in the format of numpy.save ({error}), expected an array [beat, 187]"
        ) from error
    # Before anything of that size is made.
    size = len(body) - stream.tell()
    if dtype.kind != "f" or len(shape) != 2 or min(shape) < 0 or size != dtype.itemsize * shape[0] * shape[1]:
        raise InvalidBeats(
            f"got {size:,} bytes for an array of {dtype} of shape {list(shape)}, expected one of floats of shape "
            f"[beat, {BEAT_LENGTH}]"
        )
    values = np.frombuffer(body, dtype, offset=stream.tell())
    return BeatsRequest(_checked(values.reshape(shape, order="F" if by_column else "C")), options)


def _checked(values: Float[np.ndarray, "beat sample"]) -> Float32[np.ndarray, "beat 187"]:
    if len(values) > MAX_BEATS:
        raise InvalidBeats(f"got {len(values):,} beats, expected at most {MAX_BEATS:,} in one request")
    return np.ascontiguousarray(check_beats(values))


def _options(query: QueryParams) -> ClassifyOptions:
    """Those of a query: the settings of the solver stand beside the others."""
    if not query:
        return USUAL
    check_once((name for name, _ in query.multi_items()), "query")
    if "solver" in query:
        raise invalid("solver", f"got a single value, expected its settings: {', '.join(SETTINGS)}", "query")
    settings = {name: text for name, text in query.items() if name in SETTINGS}
    others = {name: text for name, text in query.items() if name not in SETTINGS}
    return validated_strings(ClassifyOptions, others | ({"solver": settings} if settings else {}), "query")


READERS = {JSON: from_json, RAW: from_raw, NPY: from_npy}
