import json
import logging

from app.logs import configure


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
