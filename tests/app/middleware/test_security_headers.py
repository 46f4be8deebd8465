"""What a browser may make of an answer."""

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from app import service
from app.settings import Settings

ORIGIN = "https://ward.example"


def assert_headers(headers):
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


@pytest.fixture
def guarded(served, tmp_path):
    (tmp_path / "keys").touch()
    with TestClient(service.create(served, Settings(api_keys_file=str(tmp_path / "keys")))) as client:
        yield client


def test_every_answer_has_them_and_what_may_be_of_a_patient_is_not_stored(served, beat, guarded):
    app = service.create(served, Settings(max_body_bytes=10_000))

    @app.get("/broken")
    def broken():
        raise RuntimeError

    with TestClient(app, raise_server_exceptions=False) as client:
        answers = [
            client.post("/classify", json={"beats": [beat]}),
            client.get("/models"),
            client.get("/health/live"),
            client.get("/metrics"),
            client.get("/nothing"),
            client.get("/classify"),
            client.post("/classify", content=b"{", headers={"Content-Type": "application/json"}),
            client.post("/classify", content=b"x" * 20_000),
            client.get("/broken"),
            guarded.get("/models"),
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 404, 405, 400, 413, 500, 401]
    for answer in answers:
        assert_headers(answer.headers)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_signal_of_a_kept_recording_is_not_stored(client):
    signal = [0.0, 0.1] * 500
    body = {"signals": {"II": signal}, "fs": 250, "keep": True}
    name = client.post("/recordings", json=body).json()["recording"]["id"]
    for path in ("", "/beats", "/tiles/0/0"):
        answer = client.get(f"/recordings/{name}{path}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"


def test_a_refused_stream_has_them(guarded):
    with pytest.raises(WebSocketDenialResponse) as denied, guarded.websocket_connect("/stream"):
        pass
    assert_headers(denied.value.headers)


def test_pages_may_ask_this_service_alone_and_run_no_script_that_is_not_theirs(client):
    for path in ("/", "/page/main.js", "/page/none.js", "/docs", "/static-offline-docs/swagger-ui.css"):
        headers = client.get(path).headers
        assert_headers(headers)
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'self'")
        assert "unsafe-eval" not in policy and "script-src 'unsafe-inline'" not in policy and "http" not in policy
    assert "'sha256-" in client.get("/docs").headers["content-security-policy"]


def test_another_origin_may_ask_only_where_it_is_named(served, client):
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization,content-type"}  # fmt: skip
    assert "access-control-allow-origin" not in client.get("/models", headers={"Origin": ORIGIN}).headers
    assert client.options("/classify", headers=preflight).status_code == 405
    with TestClient(service.create(served, Settings(cors_origins=f" {ORIGIN} ,https://b.example"))) as named:
        assert named.get("/models", headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN
        assert named.options("/classify", headers=preflight).headers["access-control-allow-origin"] == ORIGIN
        elsewhere = {"Origin": "https://elsewhere.example"}
        assert "access-control-allow-origin" not in named.get("/models", headers=elsewhere).headers
        assert named.options("/classify", headers=preflight | elsewhere).status_code == 400


def test_another_origin_that_is_named_is_told_errors_and_asked_for_its_key(served, tmp_path):
    (tmp_path / "keys").touch()
    settings = Settings(cors_origins=ORIGIN, api_keys_file=str(tmp_path / "keys"))
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization"}  # fmt: skip
    with TestClient(service.create(served, settings)) as named:
        refused = named.get("/models", headers={"Origin": ORIGIN})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == ORIGIN
        assert named.options("/classify", headers=preflight).status_code == 200
        assert_headers(refused.headers)
