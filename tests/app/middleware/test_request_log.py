from tests.app.conftest import logged


def test_every_answer_has_an_id_and_a_sane_one_of_the_client_is_kept(client):
    first, second = (client.get("/models").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert client.get("/models", headers={"X-Request-ID": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert client.get("/models", headers={"X-Request-ID": "no good\t!"}).headers["x-request-id"] != "no good\t!"


def test_each_request_is_one_line_of_json_with_its_id(client, capsys):
    with logged(capsys) as lines:
        client.get("/health/live", headers={"X-Request-ID": "mine-2"})
    (line,) = [line for line in lines if line.get("request_id") == "mine-2"]
    assert (line["route"], line["status"], line["level"]) == ("/health/live", "200", "INFO")
    assert line["seconds"] >= 0
    assert "trace_id" not in line
