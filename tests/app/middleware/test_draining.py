"""What the service says once it has been told to end; that it then does, `test_listening` tells."""

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from app.service import create_operations
from tests.app.routes.test_classify import assert_problem

REFUSED = [("GET", "/health/ready"), ("GET", "/models"), ("POST", "/classify"), ("GET", "/"), ("GET", "/nothing")]


@pytest.fixture
def ending(client):
    client.app.state.service.drain.begun = True
    return client


@pytest.mark.parametrize(("method", "path"), REFUSED)
def test_nothing_new_is_taken_and_the_connection_is_closed(ending, method, path, beat):
    refused = ending.request(method, path, json={"beats": [beat]} if method == "POST" else None)
    assert_problem(refused, 503, "is ending")
    assert (refused.headers["retry-after"], refused.headers["connection"]) == ("5", "close")
    assert refused.headers["x-request-id"]
    assert 'cardiode_errors_total{kind="ending"} 1.0' in ending.get("/metrics").text


def test_clients_of_the_open_inference_protocol_are_told_in_its_shape(ending):
    for path in ("/v2/health/ready", "/v2/models/odenet/ready"):
        refused = ending.get(path)
        assert refused.status_code == 503 and "is ending" in refused.json()["error"]


def test_no_stream_is_begun(ending):
    with pytest.raises(WebSocketDenialResponse) as denied, ending.websocket_connect("/stream"):
        pass
    assert_problem(denied.value, 503, "is ending")


def test_it_still_tells_that_it_lives(ending):
    assert ending.get("/health/live").status_code == 200
    assert ending.get("/v2/health/live").status_code == 200


def test_the_port_for_operations_tells_the_same(ending):
    with TestClient(create_operations(ending.app)) as operations:
        assert operations.get("/health/live").status_code == 200
        assert operations.get("/metrics").status_code == 200
        assert_problem(operations.get("/health/ready"), 503, "is ending")


def test_what_has_begun_goes_on(client, beat):
    def body():
        client.app.state.service.drain.begun = True
        yield b'{"beats": [' + str(beat).encode() + b"]}"

    answer = client.post("/classify", content=body())
    assert answer.status_code == 200 and len(answer.json()["beats"]) == 1
    assert answer.headers["connection"] == "close"  # it would be the last over it
    assert client.get("/models").status_code == 503
