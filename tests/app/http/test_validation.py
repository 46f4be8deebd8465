import json
import tracemalloc

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue, RootModel

from app.http.validation import MOST_MARKS, check_once, validated
from app.recordings.live import StreamPiece
from app.recordings.schemas import SignalsRequest

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class Anything(RootModel[JsonValue]):
    """Any document."""


class Named(BaseModel):
    name: str
    inner: dict[str, int] = {}


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_whatever_has_each_name_once_is_read_as_it_is(value, indent, ascii_alone):
    content = json.dumps(value, indent=indent, ensure_ascii=ascii_alone)
    assert validated(Anything, content.encode("utf-8", "surrogatepass")).root == json.loads(content)


@settings(max_examples=30)
@given(st.dictionaries(st.text(), VALUES, min_size=1, max_size=4), VALUES, st.booleans(), st.data())
def test_a_name_that_comes_twice_in_one_object_is_refused_wherever_that_is(value, other, ascii_alone, data):
    name = data.draw(st.sampled_from(sorted(value)))
    again = f"{json.dumps(name, ensure_ascii=ascii_alone)} :{json.dumps(other)}"
    document = json.dumps(value)[:-1] + f", {again}}}"
    with pytest.raises(RequestValidationError) as refused:
        validated(Anything, f'[{{"in": {document}}}]'.encode("utf-8", "surrogatepass"))
    (error,) = refused.value.errors()
    assert error["loc"] == ("body", name) and error["msg"] == "got it twice, expected it once"


def test_objects_beside_and_within_each_other_may_have_the_same_names():
    assert validated(Named, b'{"name": "{\\"name\\": 1, \\"name\\": 2}", "inner": {"name": 1}}').inner == {"name": 1}


def test_much_that_is_no_name_is_passed_over_once():
    for content in (b'{"name": "a"}' + b" " * 3_000_000, b" " * 3_000_000 + b'{"name": "a"}'):
        assert validated(Named, content).name == "a"


@pytest.mark.parametrize("part", [b"x", rb"\n"])
def test_a_long_string_takes_no_more_memory_than_it_is_long(part):
    content = b'{"name": "%b"}' % (part * (3_000_000 // len(part)))
    tracemalloc.start()
    try:
        validated(Named, content)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 3 * len(content)


def test_what_is_wrong_otherwise_is_told_first():
    with pytest.raises(RequestValidationError) as refused:
        validated(Named, b'{"name": 1, "name": 2}')
    (error,) = refused.value.errors()
    assert error["type"] == "string_type"


def test_a_name_that_comes_twice_is_told_with_where_it_stands():
    check_once(["model", "rtol"], "query")
    with pytest.raises(RequestValidationError) as refused:
        check_once(["model", "rtol", "model"], "query")
    assert refused.value.errors()[0]["loc"] == ("query", "model")


@pytest.mark.parametrize("mark", MOST_MARKS)
def test_a_document_with_more_of_anything_but_numbers_than_a_request_has_is_refused_unread(mark):
    content = mark * (MOST_MARKS[mark] + 1)  # no JSON, which reading it would say
    with pytest.raises(RequestValidationError) as refused:
        validated(Anything, content)
    (error,) = refused.value.errors()
    assert f"got {len(content):,} times {mark.decode()!r}" in error["msg"]


@pytest.mark.parametrize("wrong", ['""', '"x"', "[]", "{}"])
def test_millions_of_wrong_samples_are_one_error(wrong):
    """Each would take a thousand bytes."""
    samples = ",".join([wrong] * 900)
    for model, content in (
        (StreamPiece, f'{{"signals": [[{samples}], [{samples}]]}}'),
        (SignalsRequest, f'{{"fs": 250, "signals": {{"II": [{samples}]}}}}'),
    ):
        with pytest.raises(RequestValidationError) as refused:
            validated(model, content.encode())
        assert len(refused.value.errors()) <= 2


def test_more_leads_than_a_stream_may_have_are_one_error():
    with pytest.raises(RequestValidationError) as refused:
        validated(StreamPiece, b'{"signals": [' + b"[]," * 5000 + b"[]]}")
    assert len(refused.value.errors()) == 1
