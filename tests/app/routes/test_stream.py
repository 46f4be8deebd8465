"""WS /stream."""

import contextlib

import numpy as np
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app import service
from app.settings import Settings
from ecg.synthetic import synthesize
from tests.app.metrics.test_metrics import samples, total

MADE = synthesize(30, fs=250.0, leads=("MLII", "V1"), seed=5)
FIRST = {"fs": 250, "leads": ["MLII", "V1"]}


@contextlib.contextmanager
def opened(client, first):
    with client.websocket_connect("/stream") as socket:
        socket.send_json(first)
        yield socket


def pieces(length=125):
    return [MADE.signals[:, start : start + length] for start in range(0, MADE.signals.shape[1], length)]


def rest(socket):
    """All that is still said."""
    messages = []
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            messages.append(socket.receive_json())
    return messages


def beats_of(messages):
    return [beat for message in messages for beat in message.get("beats", [])]


@pytest.fixture
def offline(client):
    signals = {lead: signal.tolist() for lead, signal in zip(MADE.leads, MADE.signals, strict=True)}
    return client.post("/recordings", json={"signals": signals, "fs": 250}).json()


@pytest.mark.parametrize("length", [25, 125, 7500])
@pytest.mark.parametrize("how", ["json", "bytes"])
def test_a_streams_answers_are_those_of_the_recording(length, how, client, offline):
    with opened(client, FIRST) as socket:
        assert socket.receive_json()["stream"]["lead"] == "MLII"
        for piece in pieces(length):
            if how == "json":
                socket.send_json({"signals": piece.tolist()})
            else:
                socket.send_bytes(piece.T.astype("<f4").tobytes())
        socket.send_json({"end": True})
        messages = rest(socket)
    beats = beats_of(messages)
    assert [beat["sample"] for beat in beats] == [beat["sample"] for beat in offline["beats"]]
    assert [beat["label"] for beat in beats] == [beat["label"] for beat in offline["beats"]]
    assert messages[-1]["reason"] is None
    assert messages[-1]["rhythm"]["heart_rate"] == offline["rhythm"]["heart_rate"]


def test_a_beat_comes_before_the_signal_has_ended(client):
    with opened(client, FIRST) as socket:
        socket.receive_json()
        for piece in pieces()[:40]:
            socket.send_json({"signals": piece.tolist()})
        assert socket.receive_json()["beats"][0]["sample"] < 1000


def test_options_are_obeyed(client):
    first = FIRST | {"lead": "V1", "unit": "uV", "model": "odenet", "solver": {"method": "rk4", "step": 0.5}}
    with opened(client, first) as socket:
        told = socket.receive_json()["stream"]
        assert (told["model"]["name"], told["lead"]) == ("odenet", "V1")
        socket.send_json({"signals": (1000 * MADE.signals).tolist(), "end": True})
        beats = beats_of(rest(socket))
    assert {beat["receipt"]["method"] for beat in beats if beat["receipt"]} == {"rk4"}
    assert len(beats) > 20


def test_a_gap_is_null_or_nan(client):
    signals = MADE.signals[:1].astype(object)
    signals[0, 3000:4000] = None
    with opened(client, {"fs": 250, "leads": ["II"]}) as socket:
        socket.receive_json()
        socket.send_json({"signals": signals.tolist(), "end": True})
        beats = beats_of(rest(socket))
    assert "gap" in {beat["quality"] for beat in beats}


def test_noise_gets_no_beats_and_the_reason(client):
    noise = np.random.default_rng(0).normal(0, 0.3, (1, 20_000))
    with opened(client, {"fs": 250, "leads": ["II"]}) as socket:
        socket.receive_json()
        socket.send_json({"signals": noise.tolist(), "end": True})
        (end,) = rest(socket)
    assert "nothing in it looks like an ECG" in end["reason"]


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ({"leads": ["II"]}, "fs: Field required"),
        ({"fs": 10, "leads": ["II"]}, "got 10 samples a second"),
        ({"fs": 250, "leads": []}, "leads:"),
        ({"fs": 250, "leads": ["II"], "lead": "V1"}, "got the lead 'V1'"),
        ({"fs": 250, "leads": ["II"], "unit": "kg"}, "got the unit 'kg'"),
        ({"fs": 250, "leads": ["II"], "model": "oracle"}, "got the model 'oracle'"),
        ({"fs": 250, "leads": ["II"], "solver": {"rtol": 9}}, "solver.rtol"),
        ({"fs": 250, "leads": ["II"], "colour": "red"}, "colour"),
        ([], "message: expected a JSON object"),
        (None, "message: expected a JSON object"),
        ({"fs": 250, "leads": ["x" * 101]}, "leads.0: String should have at most 100 characters"),
        ({"fs": 250, "leads": ["II"], "lead": "x" * 100_000}, "(100,000 characters)', expected one of: II"),
    ],
)
def test_a_stream_that_cannot_be_is_told_and_closed(first, message, client):
    with opened(client, first) as socket:
        problem = socket.receive_json()["problem"]
        assert message in problem["detail"] and problem["status"] in (404, 422)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == 1008


@pytest.mark.parametrize(
    ("send", "message"),
    [
        (lambda s: s.send_json({"signals": [[0.0]]}), "got 1 signals"),
        (lambda s: s.send_json({"signals": [[0.0], [0.0, 1.0]]}), "of equal length"),
        (lambda s: s.send_json({"signals": [[0.0], ["x"]]}), "signals.1.0"),
        (lambda s: s.send_text("{"), "the message is not JSON"),
        (lambda s: s.send_text("null"), "message: expected a JSON object"),
        (lambda s: s.send_bytes(b"123"), "got 3 bytes"),
        (lambda s: s.send_bytes(bytes(16_000_008)), "got 16,000,008 bytes"),
    ],
)
def test_a_piece_that_is_none_is_told_and_the_stream_closed(send, message, client):
    with opened(client, FIRST) as socket:
        socket.receive_json()
        send(socket)
        assert message in socket.receive_json()["problem"]["detail"]


def test_bytes_come_after_the_first_message(client):
    with client.websocket_connect("/stream") as socket:
        socket.send_bytes(b"1234")
        assert "got bytes as the first message" in socket.receive_json()["problem"]["detail"]


def test_more_streams_than_may_be_are_told_to_wait(served):
    with TestClient(service.create(served, Settings(streams=1))) as client:
        with opened(client, FIRST) as socket:
            socket.receive_json()
            assert total(samples(client), "cardiode_streams_in_progress") == 1
            with opened(client, FIRST) as second:
                assert second.receive_json()["problem"]["status"] == 503
        with opened(client, FIRST) as third:
            assert "stream" in third.receive_json()


@pytest.mark.parametrize("sent", [[], [FIRST], [FIRST, {"signals": MADE.signals.tolist()}]])
def test_a_stream_that_says_nothing_more_is_ended_and_its_place_is_free(served, sent):
    with TestClient(service.create(served, Settings(streams=1, stream_seconds=0.1))) as client:
        for _ in range(2):
            with client.websocket_connect("/stream") as socket:
                for message in sent:
                    socket.send_json(message)
                problem = rest(socket)[-1]["problem"]
                assert problem["status"] == 408 and "within 0.1 s" in problem["detail"]
        assert total(samples(client), "cardiode_errors_total", kind="body_too_slow") == 2


def test_its_beats_are_solved_by_the_workers_as_everybodys_are(client):
    with opened(client, FIRST) as socket:
        socket.send_json({"signals": MADE.signals.tolist(), "end": True})
        beats = beats_of(rest(socket))
    solved = total(samples(client), "cardiode_batch_beats_sum")
    assert solved == sum(beat["quality"] == "good" for beat in beats) > 0


def test_a_client_that_leaves_harms_nobody(client):
    with opened(client, FIRST) as socket:
        socket.receive_json()
    with opened(client, FIRST) as socket:
        assert "stream" in socket.receive_json()
    assert client.get("/health/ready").status_code == 200
