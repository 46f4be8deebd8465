import re

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from app import service
from app.metrics import metrics as room
from app.metrics.metrics import Metrics
from app.settings import Settings

OWN = re.compile("cardiode_.*(?<!_created)")


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


def test_beats_whose_solve_failed_are_counted_apart_and_have_no_confidence(client, beat):
    client.post("/classify", json={"beats": [beat], "solver": {"max_evaluations": 1}})
    values = samples(client)
    assert total(values, "cardiode_beats_total", label="none") == total(values, "cardiode_beats_total") == 1
    assert total(values, "cardiode_confidence_count") == 0
    assert total(values, "cardiode_beat_mean_count") == 1


def test_confidence_is_counted_by_model(client, beats):
    for model in ("odenet", "resnet"):
        answers = client.post("/classify", json={"beats": beats.tolist(), "model": model}).json()["beats"]
        confidences = [max(answer["probabilities"].values()) for answer in answers]
        values = samples(client)
        assert total(values, "cardiode_confidence_count", model=model) == len(beats)
        assert total(values, "cardiode_confidence_sum", model=model) == pytest.approx(sum(confidences), rel=1e-5)
        unsure = sum(confidence <= 0.5 for confidence in confidences)
        assert total(values, "cardiode_confidence_bucket", model=model, le="0.5") == unsure


def test_what_beats_look_like_is_counted_without_their_padding(client):
    long, short, flat = [0.5] * 187, [0.25] * 50 + [0.0] * 137, [0.0] * 187
    client.post("/classify", json={"beats": [long, short, flat]})
    values = samples(client)
    assert total(values, "cardiode_beat_length_seconds_sum") == pytest.approx((187 + 50) / 125)
    assert total(values, "cardiode_beat_length_seconds_bucket", le="0.4") == 2
    assert total(values, "cardiode_beat_mean_sum") == pytest.approx(0.75)
    assert total(values, "cardiode_beat_mean_bucket", le="0.25") == 2


def test_beats_of_a_recording_are_looked_at_where_they_can_be_judged(client):
    answer = client.post("/recordings", files=[("files", ("demo.csv", client.get("/demo").content))]).json()
    good = sum(beat["quality"] == "good" for beat in answer["beats"])
    values = samples(client)
    assert 0 < good < len(answer["beats"])
    for metric in ("cardiode_beat_length_seconds_count", "cardiode_beat_mean_count", "cardiode_confidence_count"):
        assert total(values, metric) == good
    assert total(values, "cardiode_abstentions_total", reason="poor_signal") == len(answer["beats"]) - good


def test_what_alarms_watch_is_there_before_it_happens(client):
    values = samples(client)
    for kind in ("busy", "internal", "too_late", "worker_lost"):
        assert values[("cardiode_errors_total", ("kind", kind))] == 0
    assert total(values, "cardiode_queued_beats_max") == Settings().queue_beats


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


def test_beats_count_the_same_however_many_are_counted_together(served, beats, monkeypatch):
    told = []
    for together in (1, 3, 1000):
        monkeypatch.setattr(room, "TOGETHER", together)
        metrics = Metrics()
        for model in served.models:
            for start, stop in ((0, 1), (1, 5), (5, 8), (8, 9)):
                part = beats[start:stop]
                metrics.count(model.identity.name, part, model.classify(part))
        values = parsed(metrics.exposition().decode())
        told.append({key: value for key, value in values.items() if OWN.fullmatch(key[0])})
        assert total(values, "cardiode_beat_mean_count") == 18
    assert told[1] == pytest.approx(told[0]) and told[2] == pytest.approx(told[0])
