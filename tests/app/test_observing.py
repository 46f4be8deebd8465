import json
import logging

import pytest
from starlette.testclient import TestClient

from app import service
from app.logs import configure
from app.settings import Settings
from tests.app.test_classify import assert_problem


@pytest.fixture
def small(zoo):
    with TestClient(service.create(zoo, Settings(max_body_bytes=1000))) as client:
        yield client


def test_a_body_over_the_limit_is_refused_with_the_limit(small):
    assert_problem(small.post("/classify", content=b"x" * 1001), 413, "1,000 bytes")


def test_a_body_that_does_not_tell_its_length_is_refused_as_it_passes_the_limit(small):
    def chunks():
        for _ in range(100):
            yield b" " * 100

    assert_problem(small.post("/classify", content=chunks()), 413, "1,000 bytes")


def test_a_service_goes_on_after_a_refusal(small):
    small.post("/classify", content=b"x" * 1001)
    assert small.get("/health/ready").status_code == 200


def test_every_answer_has_an_id_and_a_sane_one_of_the_client_is_kept(client):
    first, second = (client.get("/models").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert client.get("/models", headers={"X-Request-ID": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert client.get("/models", headers={"X-Request-ID": "no good\t!"}).headers["x-request-id"] != "no good\t!"


def test_each_request_is_one_line_of_json_with_its_id(client, capsys):
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        configure("INFO")
        client.get("/health/live", headers={"X-Request-ID": "mine-2"})
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        logging.basicConfig(handlers=handlers, level=level, force=True)
    (line,) = [line for line in lines if line.get("request_id") == "mine-2"]
    assert (line["route"], line["status"], line["level"]) == ("/health/live", "200", "INFO")
    assert line["seconds"] >= 0
