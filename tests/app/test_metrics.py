from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from app import service
from app.settings import Settings


def samples(client):
    return parsed(client.get("/metrics").text)


def parsed(exposition):
    families = text_string_to_metric_families(exposition)
    return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}


def total(values, metric, **labels):
    return sum(v for key, v in values.items() if key[0] == metric and set(labels.items()) <= set(key[1:]))


def test_requests_beats_and_evaluations_are_counted(client, beat):
    answers = client.post("/classify", json={"beats": [beat] * 3}).json()["beats"]
    values = samples(client)
    assert total(values, "cardiode_http_requests_total", route="/classify", status="200") == 1
    assert total(values, "cardiode_http_request_duration_seconds_count", route="/classify") == 1
    assert total(values, "cardiode_beats_total", model="odenet", label=answers[0]["label"]) == 3
    assert total(values, "cardiode_solver_evaluations_count", model="odenet") == 3
    spent = sum(answer["receipt"]["evaluations"] for answer in answers)
    assert total(values, "cardiode_solver_evaluations_sum", model="odenet") == spent


def test_beats_whose_solve_failed_are_counted_apart(client, beat):
    client.post("/classify", json={"beats": [beat], "solver": {"max_evaluations": 1}})
    assert total(samples(client), "cardiode_beats_total", label="none") == 1


def test_errors_are_counted_once_and_by_kind(client, beat):
    json = {"content-type": "application/json"}
    client.post("/classify", json={"beats": []})
    client.post("/classify", content=b"{", headers=json)
    client.post("/classify", json={"beats": [[2.0] * 187]})
    client.post("/classify", json={"beats": [beat], "model": "oracle"})
    client.post("/classify", json={"beats": [beat], "model": "resnet", "solver": {}})
    client.get("/nothing")
    client.get("/classify")
    kinds = ("invalid_request", "not_json", "invalid_beats", "unknown_model", "invalid_solver", "unknown_route")
    values = samples(client)
    for kind in (*kinds, "method_not_allowed"):
        assert total(values, "cardiode_errors_total", kind=kind) == 1, kind
    assert total(values, "cardiode_errors_total") == 7


def test_a_stranger_cannot_make_labels(client):
    for name in range(3):
        client.request(f"BREW{name}", "/classify")
        client.get(f"/nothing/{name}")
    values = samples(client)
    assert total(values, "cardiode_http_requests_total", method="other", route="/classify") == 3
    assert total(values, "cardiode_http_requests_total", route="unmatched") == 3
    assert not any("BREW" in str(key) or "/nothing" in str(key) for key in values)


def test_a_refused_body_is_counted_where_it_was_sent(served):
    with TestClient(service.create(served, Settings(max_body_bytes=1000))) as client:
        client.post("/classify", content=b"x" * 1001)
        client.post("/classify", content=iter([b" " * 600] * 2))
        values = samples(client)
    assert total(values, "cardiode_http_requests_total", route="/classify", status="413") == 2
    assert total(values, "cardiode_errors_total", kind="body_too_large") == 2
    assert total(values, "cardiode_errors_total") == 2


def test_build_and_models_are_told(client, served):
    values = samples(client)
    assert total(values, "cardiode_build_info") == 1
    for model in served.by_name.values():
        assert total(values, "cardiode_model_info", name=model.identity.name, sha256=model.identity.sha256) == 1


def test_strange_paths_make_no_labels_of_their_own(client):
    for path in ("/a", "/b", "/c"):
        client.get(path)
    values = samples(client)
    assert total(values, "cardiode_http_requests_total", route="unmatched") == 3
