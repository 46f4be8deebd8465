import contextlib
import gzip
import os
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BodyTooLarge, RequestError, UnreadableBody, UnsupportedBody
from app.http.content_encoding import unpacked

COMPRESS = {"gzip": gzip.compress, "deflate": zlib.compress}


def refused(body, encoding, most=10_000):
    with pytest.raises(RequestError) as error:
        unpacked(body, encoding, most)
    return error.value


@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
def test_what_is_not_compressed_is_left_as_it_is(encoding):
    assert unpacked(b"beats", encoding, 0) == b"beats"


@given(content=st.binary(max_size=1000), encoding=st.sampled_from(list(COMPRESS)))
def test_a_body_up_to_the_limit_comes_back_whole(content, encoding):
    packed = COMPRESS[encoding](content)
    assert unpacked(packed, f" {encoding.upper()} ", len(content)) == content
    if content:
        assert isinstance(refused(packed, encoding, len(content) - 1), BodyTooLarge)


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_small_body_that_unpacks_to_much_costs_no_more_than_the_limit(encoding):
    bomb = COMPRESS[encoding](bytes(200_000_000))
    assert len(bomb) < 300_000
    tracemalloc.start()
    try:
        error = refused(bomb, encoding, 1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(error, BodyTooLarge) and "1,000,000 bytes" in error.detail
    assert peak < 10_000_000


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_body_that_unfolds_like_a_bomb_may_become_less_than_the_limit(encoding):
    bomb, beats = COMPRESS[encoding](bytes(15_000_000)), COMPRESS[encoding](os.urandom(600_000) + bytes(2_400_000))
    assert "1,000,000 bytes" in refused(bomb, encoding, 20_000_000).detail
    assert len(unpacked(beats, encoding, 20_000_000)) == 3_000_000  # a fifth of it is no zeros


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_body_that_breaks_off_or_goes_on_is_refused(encoding):
    packed = COMPRESS[encoding](b"beats" * 20)
    for length in range(len(packed)):
        assert isinstance(refused(packed[:length], encoding), UnreadableBody)
    assert "something follows" in refused(packed + b"!", encoding).detail


@given(body=st.binary(max_size=200), encoding=st.sampled_from(list(COMPRESS)))
def test_whatever_comes_is_unpacked_or_refused(body, encoding):
    with contextlib.suppress(BodyTooLarge, UnreadableBody):
        assert len(unpacked(body, encoding, 100)) <= 100


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "gzip;q=1", "x" * 1000])
def test_another_encoding_is_refused_with_those_there_are(encoding):
    error = refused(b"beats", encoding)
    assert isinstance(error, UnsupportedBody) and error.headers == {"Accept-Encoding": "gzip, deflate"}
    assert "gzip, deflate" in error.detail and len(error.detail) < 300
