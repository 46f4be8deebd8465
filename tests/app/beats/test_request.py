import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from app.beats.request import LARGE_BINARY, from_npy, from_raw
from ecg import EcgError
from tests.app.routes.test_classify import assert_problem, post

RAW, NPY = "application/octet-stream", "application/x-npy"


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def send(client, kind, content, **query):
    return client.post("/classify", content=content, headers={"content-type": kind}, params=query)


def answers(response):
    assert response.status_code == 200, response.text
    return response.json()["beats"]


@pytest.mark.parametrize("count", [1, 3, 400])
def test_the_same_beats_get_the_same_answer_whichever_way_they_come(client, beats, count):
    sent = np.resize(beats, (count, 187)).astype(np.float32)
    assert count < 400 or sent.nbytes > LARGE_BINARY
    expected = answers(post(client, beats=sent.tolist()))
    assert answers(send(client, RAW, sent.astype("<f4").tobytes())) == expected
    for array in (sent, sent.astype(">f4"), sent.astype(np.float64), np.asfortranarray(sent)):
        assert answers(send(client, NPY, npy(array))) == expected


def test_the_options_of_a_binary_body_are_in_the_query(client, beats):
    body = beats[:1].astype("<f4").tobytes()
    receipt = answers(send(client, RAW, body, model="odenet", method="rk4", step="0.1"))[0]["receipt"]
    assert (receipt["method"], receipt["evaluations"]) == ("rk4", 40)
    receipt = answers(send(client, NPY, npy(beats[:1]), rtol="1e-2", max_evaluations="500"))[0]["receipt"]
    assert receipt["rtol"] == 1e-2
    assert answers(send(client, RAW, body, model="resnet"))[0]["receipt"] is None
    assert "explanation" in answers(send(client, RAW, body, model="resnet", explain="true"))[0]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"rtol": "small"}, ["solver.rtol"]),
        ({"rtol": "2"}, ["solver.rtol", "1e-09..1"]),
        ({"modle": "odenet"}, ["modle", "not known"]),
        ({"solver": "dopri5"}, ["solver"]),
        ({"solver": "dopri5", "rtol": "1e-3"}, ["solver"]),
        ({"coverage": "0.1"}, ["coverage"]),
        ({"beats": "1"}, ["beats", "not known"]),
    ],
)
def test_a_wrong_option_is_named(client, beats, query, words):
    assert_problem(send(client, RAW, beats[:1].astype("<f4").tobytes(), **query), 422, *words)


def test_an_option_that_comes_twice_is_refused(client, beat):
    body = np.float32(beat).tobytes()
    twice = client.post("/classify?rtol=1e-3&rtol=1e-4", content=body, headers={"content-type": RAW})
    assert_problem(twice, 422, "rtol", "got it twice")
    body = json.dumps({"beats": [beat]})[:-1] + ', "model": "odenet", "model": "resnet"}'
    twice = client.post("/classify", content=body, headers={"content-type": "application/json"})
    assert_problem(twice, 422, "model", "got it twice")


@pytest.mark.parametrize("length", [0, 1, 187, 187 * 4 - 1, 187 * 4 + 4])
def test_bytes_that_are_no_beats_are_refused_with_what_a_beat_is(client, length):
    assert_problem(send(client, RAW, b"\0" * length), 422, "beats", f"got {length} bytes", "748")


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1, 1.5])
def test_a_value_that_no_beat_has_is_refused_with_the_beats_index(client, beats, value):
    sent = beats[:3].astype(np.float32)
    sent[1, 7] = value
    for response in (send(client, RAW, sent.astype("<f4").tobytes()), send(client, NPY, npy(sent))):
        assert_problem(response, 422, "beats.1", "sample 7")


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(187, np.float32),
        np.zeros((1, 186), np.float32),
        np.zeros((0, 187), np.float32),
        np.zeros((1, 187), np.int64),
        np.zeros((1, 187), np.complex64),
        np.zeros((2, 1, 187), np.float32),
        np.array([[None] * 187], dtype=object),
        np.zeros(2, dtype=[("a", "f4")]),
    ],
)
def test_an_array_that_holds_no_beats_is_refused(client, array):
    assert_problem(send(client, NPY, npy(array)), 422, "beats", "187")


def test_more_beats_than_a_request_may_have_are_refused(client):
    for kind, content in ((RAW, bytes(4 * 187 * 4097)), (NPY, npy(np.zeros((4097, 187), np.float32)))):
        assert_problem(send(client, kind, content), 422, "4,097 beats", "4,096")


@pytest.mark.parametrize("shape", ["(9999999, 187)", "(-1, -187)", "(187, 1)", "(-187, -1)", "(1, 374)"])
def test_an_array_whose_header_lies_about_its_size_costs_nothing(client, shape):
    honest = npy(np.zeros((1, 187), np.float32))
    told = f"{shape}, }}".encode()
    lying = honest.replace(b"(1, 187), }".ljust(len(told)), told)
    assert len(lying) == len(honest) and lying != honest
    assert_problem(send(client, NPY, lying), 422, "beats")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_sent_is_a_question_or_an_error_of_its_own(data):
    honest = npy(np.full((2, 187), 0.5, np.float32))
    content = bytearray(honest)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, min(len(content), 160) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(content[: data.draw(st.integers(0, len(content)))])
    for reader in (from_npy, from_raw):
        try:
            question = reader(content, QueryParams(""))
        except EcgError:
            continue
        assert question.beats.shape[1] == 187 and question.beats.dtype == np.float32
