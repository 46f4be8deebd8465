from prometheus_client.parser import text_string_to_metric_families


def samples(client):
    families = text_string_to_metric_families(client.get("/metrics").text)
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


def test_errors_are_counted_by_kind(client):
    client.post("/classify", json={"beats": []})
    assert total(samples(client), "cardiode_errors_total", kind="RequestValidationError") == 1


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
