import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from app import service
from app.keys import file as keys
from app.settings import Settings
from tests.app.routes.test_classify import assert_problem
from tests.app.routes.test_stream import FIRST

NAMED = "https://ward.example"
OWN = [
    {},
    {"Origin": "http://ecg.example:8000"},
    {"Origin": "https://ecg.example:8000"},  # behind a proxy that speaks TLS
    {"Origin": "https://proxy.example", "Sec-Fetch-Site": "same-origin"},  # which names the service otherwise
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": NAMED},
    {"Origin": NAMED, "Sec-Fetch-Site": "cross-site"},
]
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://ecg.example:8001"},
    {"Origin": "http://ecg.example"},
    {"Origin": "http://ecg.example:8000.evil.example"},
    {"Origin": "https://ward.example.evil.example"},
    {"Origin": "http://["},
    {"Origin": ""},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.fixture(scope="module")
def asked(served):
    with TestClient(service.create(served, Settings(cors_origins=NAMED)), base_url="http://ecg.example:8000") as client:
        yield client


@pytest.mark.parametrize("headers", OWN)
def test_its_own_pages_and_those_that_are_named_may_change_something_and_stream(asked, beats, headers):
    assert asked.post("/classify", json={"beats": beats[:1].tolist()}, headers=headers).status_code == 200
    assert asked.delete("/recordings/none", headers=headers).status_code in (404, 405)
    with asked.websocket_connect("ws://ecg.example:8000/stream", headers=headers) as socket:
        socket.send_json(FIRST)
        assert "stream" in socket.receive_json()


@pytest.mark.parametrize("headers", FOREIGN)
def test_pages_of_other_origins_may_not(asked, headers):
    form = {"files": ("a.csv", b"1")}
    assert_problem(asked.post("/recordings", files=form, headers=headers), 403, "another origin")
    assert_problem(asked.delete("/recordings/none", headers=headers), 403, "another origin")
    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        asked.websocket_connect("ws://ecg.example:8000/stream", headers=headers),
    ):
        pass
    assert denied.value.status_code == 403
    assert asked.get("/models", headers=headers).status_code == 200  # whose answer the browser keeps from the page


def test_all_may_where_all_are_named(served, beats):
    with TestClient(service.create(served, Settings(cors_origins="*"))) as client:
        for headers in FOREIGN:
            assert client.post("/classify", json={"beats": beats[:1].tolist()}, headers=headers).status_code == 200


def test_with_a_key_a_request_may_come_from_anywhere_and_a_stream_not(served, tmp_path, beats):
    secret = keys.add(tmp_path / "keys", "ward")
    header = {"Authorization": f"Bearer {secret}"}
    settings = Settings(api_keys_file=str(tmp_path / "keys"))
    with TestClient(service.create(served, settings), base_url="http://ecg.example:8000") as client:
        for headers in FOREIGN:
            assert client.post("/classify", json={"beats": beats[:1].tolist()}, headers=headers).status_code == 401
            allowed = client.post("/classify", json={"beats": beats[:1].tolist()}, headers=headers | header)
            assert allowed.status_code == 200
            with (
                pytest.raises(WebSocketDenialResponse) as denied,
                client.websocket_connect("ws://ecg.example:8000/stream", headers=headers | header),
            ):
                pass
            assert denied.value.status_code == 403
