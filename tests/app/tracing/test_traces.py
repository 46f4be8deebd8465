"""What a collector is told of requests."""

from contextlib import contextmanager

from starlette.testclient import TestClient

from app import service
from app.keys import file as keys
from app.settings import Settings
from app.tracing import tracing
from ecg.synthetic import synthesize
from tests.app.batching.test_batcher import WorkerHere
from tests.app.conftest import logged

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{sampled}"
"""The example of the W3C's recommendation "Trace Context"."""
CALLERS_TRACE, CALLERS_SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@contextmanager
def traced(served, **settings):
    """A client of a service that is traced: all of it has been told at the end."""
    app = service.create(served, Settings(**settings), begin=WorkerHere, tracing=tracing.from_environment())
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_a_request_is_told_with_its_parts(served, collector, beats):
    with traced(served) as client:
        body = {"beats": beats[:3].tolist()}
        answer = client.post("/classify", json=body, headers={"traceparent": CALLER.format(sampled="01")}).json()
    whole = collector.one("POST /classify")
    assert (whole.trace, whole.parent, whole.server, whole.failed) == (CALLERS_TRACE, CALLERS_SPAN, True, False)
    assert whole.attributes["http.request.method"] == "POST"
    assert whole.attributes["http.route"] == "/classify"
    assert whole.attributes["http.response.status_code"] == 200
    read, decide, wait, solve, write = map(collector.one, ("read", "decide", "wait", "solve", "write"))
    assert {span.parent for span in (read, decide, write)} == {whole.id}
    assert {span.parent for span in (wait, solve)} == {decide.id}
    assert {span.trace for span in (read, decide, write, wait, solve)} == {CALLERS_TRACE}
    times = [whole.started, read.started, read.ended, decide.started, solve.started, solve.ended, write.started]
    assert times == sorted(times) and write.ended <= whole.ended
    told = solve.attributes
    assert (told["cardiode.model"], told["cardiode.model_version"]) == ("odenet", answer["model"]["version"])
    assert (told["cardiode.model_sha256"], told["cardiode.method"]) == (answer["model"]["sha256"], "dopri5")
    assert told["cardiode.beats"] == told["cardiode.batch_beats"] == 3
    assert told["cardiode.evaluations"] == sum(beat["receipt"]["evaluations"] for beat in answer["beats"])


def test_who_tells_is_named_and_can_be_named_otherwise(served, collector, monkeypatch):
    with traced(served) as client:
        client.get("/models")
    assert collector.resource["service.name"] == "cardiode" and collector.resource["service.instance.id"]
    collector.bodies.clear()
    monkeypatch.setenv("OTEL_SERVICE_NAME", "ward-3")
    with traced(served) as client:
        client.get("/models")
    assert (collector.resource["service.name"], collector.resource["service.version"]) == ("ward-3", "0.1.0")


def test_requests_of_the_open_inference_protocol_are_told_alike(served, collector, beats):
    tensor = {"name": "beats", "datatype": "FP32", "shape": [2, 187], "data": beats[:2].tolist()}
    with traced(served) as client:
        assert client.post("/v2/models/odenet/infer", json={"inputs": [tensor]}).status_code == 200
    whole = collector.one("POST /v2/models/{name}/infer")
    assert [collector.one(name).parent for name in ("read", "decide", "write")] == [whole.id] * 3
    assert collector.one("solve").parent == collector.one("decide").id


def test_a_live_stream_is_one_span(served, collector):
    with traced(served) as client, client.websocket_connect("/stream") as socket:
        socket.send_json({"fs": 250, "leads": ["II"]})
        socket.receive_json()
        socket.send_json({"end": True})
        socket.receive_json()
    assert collector.one("WS /stream").attributes["http.route"] == "/stream"


def test_what_the_client_did_wrong_is_named_and_is_no_failure(served, collector):
    with traced(served) as client:
        assert client.post("/classify", json={"beats": [[2.0] * 187]}).status_code == 422
    read = collector.one("read")
    assert (read.attributes["error.type"], read.failed) == ("invalid_beats", False)
    assert not collector.one("POST /classify").failed


def test_what_the_service_could_not_do_is_a_failure(served, collector, beat):
    with traced(served, batch_wait=1000) as client:
        client.app.state.service.batcher._solving["prompt"] += 1  # as if others were being solved: it waits for company
        late = client.post("/classify", json={"beats": [beat]}, headers={"Cardiode-Deadline-Ms": "50"})
        assert late.status_code == 504
    decide = collector.one("decide")
    assert (decide.attributes["error.type"], decide.failed) == ("too_late", True)
    assert (decide.attributes["cardiode.model"], decide.attributes["cardiode.beats"]) == ("odenet", 1)
    assert collector.one("POST /classify").failed
    assert not collector.named("solve")


def test_a_client_that_asks_not_to_be_sampled_is_not(served, collector, beat):
    with traced(served) as client:
        client.post("/classify", json={"beats": [beat]}, headers={"traceparent": CALLER.format(sampled="00")})
    assert not collector.spans


def test_probes_are_not_told(served, collector):
    with traced(served) as client:
        for path in ("/health/live", "/health/ready", "/v2/health/live", "/metrics"):
            assert client.get(path).status_code == 200
    assert not collector.spans


def test_the_log_leads_to_the_trace(served, collector, capsys):
    with logged(capsys) as lines, traced(served) as client:
        client.get("/models", headers={"traceparent": CALLER.format(sampled="01")})
        client.get("/health/live")
    listed, probed = [line for line in lines if line["message"] == "answered"]
    assert listed["trace_id"] == CALLERS_TRACE == collector.one("GET /models").trace
    assert "trace_id" not in probed


def test_neither_keys_nor_what_opens_a_recording_nor_any_of_it_is_told(served, collector, tmp_path, beats):
    file = tmp_path / "keys.jsonl"
    secret = keys.add(file, "ward")
    signal = synthesize(20, seed=3)
    recording = {"signals": {"II": signal.signals[0].tolist()}, "fs": signal.fs, "name": "Jane-Doe", "keep": True}
    with traced(served, api_keys_file=str(file)) as client:
        client.headers["Authorization"] = f"Bearer {secret}"
        answer = client.post("/recordings", json=recording)
        kept = answer.json()["recording"]["id"]
        assert client.get(f"/recordings/{kept}/beats").status_code == 200
        assert client.post("/classify", json={"beats": [*beats[:1].tolist(), ["Jane-Doe"]]}).status_code == 422
    assert collector.one("GET /recordings/{id}/beats").attributes["url.path"] == "/recordings/{id}/beats"
    sent = b"".join(collector.bodies)
    assert b"/classify" in sent
    assert not [word for word in (secret, kept, "Jane-Doe") if word.encode() in sent]


def test_a_strangers_path_takes_little_room(served, collector):
    with traced(served) as client:
        client.get(f"/{'a' * 50_000}")
    assert len(collector.one("GET").attributes["url.path"]) == 1000
