import asyncio
import json
import math
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from app import service
from app.batching.worker import Worker
from app.errors import Busy, WorkerEnded
from app.registry.models import ServedModels
from app.settings import Settings
from ecg import LABELS
from models import Abstention, Classifier
from ode import methods
from tests.app.metrics.test_metrics import parsed, total


def post(client, **body):
    return client.post("/classify", json=body)


def assert_problem(response, status, *words):
    """One shape of error everywhere, and it names what is wrong."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "errors"}
    assert body["status"] == status
    for word in words:
        assert word in body["detail"] or any(word in e["field"] + e["message"] for e in body["errors"]), response.text


def test_the_default_model_answers_as_the_design_says(client, beat, served):
    response = post(client, beats=[beat, beat])
    assert response.status_code == 200
    body = response.json()
    assert body["model"] == vars(served.for_beats.identity)
    assert len(body["beats"]) == 2
    answer = body["beats"][0]
    assert set(answer) == {"label", "probabilities", "abstained", "reason", "receipt"}
    assert list(answer["probabilities"]) == list(LABELS)
    assert answer["receipt"] | {"evaluations": 0, "accepted": 0, "error": 0} == {
        "method": "dopri5", "rtol": 1e-3, "atol": 1e-3, "evaluations": 0, "accepted": 0, "rejected": 0, "error": 0,
        "status": "ok", "stage": None, "agreed": None, "validated": True,
    }  # fmt: skip


def test_a_beat_is_explained_where_that_is_asked_for(client, beat, beats):
    plain = post(client, beats=beats[:2].tolist()).json()["beats"]
    explained = post(client, beats=beats[:2].tolist(), explain=True).json()["beats"]
    assert [{**answer, "explanation": None} for answer in explained] == [
        {**answer, "explanation": None} for answer in plain
    ]
    for answer in explained:
        assert set(answer["explanation"]) == {"relevance", "before", "parts"}
        assert len(answer["explanation"]["relevance"]) == 187 and any(answer["explanation"]["relevance"])
        assert (answer["explanation"]["before"], answer["explanation"]["parts"]) == (0, None)
    alone = post(client, beats=[beat], explain=True, model="resnet").json()["beats"][0]
    assert alone["explanation"]["relevance"] != explained[0]["explanation"]["relevance"]


def test_a_beat_whose_solve_fails_has_no_explanation(client, beat):
    answer = post(client, beats=[beat], explain=True, solver={"max_evaluations": 1}).json()["beats"][0]
    assert answer["label"] is None and answer["explanation"] is None


def test_more_beats_than_may_be_explained_are_refused_with_the_limit(client, beat):
    assert_problem(post(client, beats=[beat] * 65, explain=True), 422, "explain", "65 beats", "at most 64")
    assert post(client, beats=[beat] * 65, explain=False).status_code == 200


def test_auto_says_which_solve_answered_and_chooses_its_tolerances_itself(client, beat):
    receipt = post(client, beats=[beat], solver={"method": "auto"}).json()["beats"][0]["receipt"]
    assert receipt["method"] == "auto" and receipt["validated"]
    assert (receipt["stage"], receipt["agreed"] is None) in (("cheap", True), ("tight", False))
    for setting in ("rtol", "atol", "step"):
        refused = post(client, beats=[beat], solver={"method": "auto", setting: 0.1})
        assert_problem(refused, 422, "solver", "auto")


def test_settings_that_were_not_validated_are_answered_and_say_so(client, beat):
    for tolerance, validated in ((1e-3, True), (1e-1, False)):
        receipt = post(client, beats=[beat], solver={"rtol": tolerance}).json()["beats"][0]["receipt"]
        assert receipt["validated"] is validated and receipt["status"] == "ok"


def test_a_model_without_a_solver_has_no_receipt(client, beat):
    body = post(client, beats=[beat], model="resnet").json()
    assert body["model"]["name"] == "resnet"
    assert body["beats"][0]["receipt"] is None


@pytest.mark.parametrize("method", [method.name for method in methods() if method.kind == "adaptive"])
def test_the_solver_is_tunable_per_request(client, beat, method):
    coarse, fine = (
        post(client, beats=[beat], solver={"method": method, "rtol": tol, "atol": tol, "max_evaluations": 100_000})
        for tol in (1e-1, 1e-3)
    )
    coarse, fine = (response.json()["beats"][0]["receipt"] for response in (coarse, fine))
    assert (coarse["method"], coarse["rtol"], fine["atol"]) == (method, 1e-1, 1e-3)
    assert coarse["evaluations"] <= fine["evaluations"]


@pytest.mark.parametrize("method", [method for method in methods() if method.kind in ("fixed", "multistep")])
def test_a_method_of_fixed_steps_takes_a_step_and_no_tolerance(client, beat, method):
    for settings, steps in (({}, 20), ({"step": 0.1}, 10)):
        evaluations = steps * method.stages if method.kind == "fixed" else 3 * method.stages + steps - 3
        receipt = post(client, beats=[beat], solver={"method": method.name, **settings}).json()["beats"][0]["receipt"]
        assert receipt == {
            "method": method.name, "rtol": None, "atol": None, "evaluations": evaluations,
            "accepted": steps, "rejected": 0, "error": None, "status": "ok", "stage": None, "agreed": None,
            "validated": False,
        }  # fmt: skip
    refused = post(client, beats=[beat], solver={"method": method.name, "rtol": 1e-3})
    assert_problem(refused, 422, "solver", "takes the steps it is given")


@pytest.mark.parametrize("method", [method.name for method in methods() if method.kind == "implicit"])
def test_an_implicit_method_takes_a_step_and_a_tolerance(client, beat, method):
    settings = {"method": method, "step": 0.5, "rtol": 1e-2}
    receipt = post(client, beats=[beat], solver=settings).json()["beats"][0]["receipt"]
    assert (receipt["accepted"], receipt["rtol"], receipt["error"], receipt["status"]) == (2, 1e-2, None, "ok")


def test_a_solver_setting_left_out_is_as_the_model_was_released(client, beat):
    receipt = post(client, beats=[beat], solver={"rtol": 1e-2}).json()["beats"][0]["receipt"]
    assert (receipt["method"], receipt["rtol"], receipt["atol"]) == ("dopri5", 1e-2, 1e-3)


def test_4096_beats_are_answered(client, beat):
    assert len(post(client, beats=[beat] * 4096, model="resnet").json()["beats"]) == 4096


def test_a_solve_that_hits_its_limit_is_told_beat_by_beat(client, beat):
    response = post(client, beats=[beat], solver={"rtol": 1e-6, "atol": 1e-6, "max_evaluations": 20})
    assert response.status_code == 200
    answer = response.json()["beats"][0]
    assert answer["label"] is None and answer["probabilities"] is None
    assert answer["receipt"]["status"] == "evaluations_exhausted"
    assert answer["receipt"]["evaluations"] <= 20


@pytest.mark.parametrize("content", [b"{", b"beats", b"\xff\xfe", b'{"beats": [[', b"[" * 9_000, b"9" * 5000])
def test_what_is_not_json_is_refused(client, content):
    assert_problem(client.post("/classify", content=content, headers={"content-type": "application/json"}), 400)


def test_where_json_breaks_off_is_told(client):
    response = client.post("/classify", content=b'{"beats":', headers={"content-type": "application/json"})
    assert_problem(response, 400, "line 1 column 9")
    assert response.json()["errors"][0]["field"] == "body"


def test_json_under_another_content_type_is_refused_with_the_one_to_send(client, beat):
    content = json.dumps({"beats": [beat]})
    response = client.post("/classify", content=content, headers={"content-type": "application/x-www-form-urlencoded"})
    assert_problem(response, 415, "application/json", "application/x-npy")


def test_no_body_is_refused(client):
    assert_problem(client.post("/classify"), 400, "body")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], ["body"]),
        (None, ["body"]),
        ({}, ["beats"]),
        ({"beats": []}, ["beats", "1"]),
        ({"beats": "many"}, ["beats"]),
        ({"beats": [["0.5"] * 187]}, ["beats.0.0"]),
        ({"beats": [[True] * 187]}, ["beats.0.0"]),
        ({"beats": [[0.5] * 187] * 4097}, ["beats", "4096"]),
        ({"beats": [[0.5] * 187], "modle": "odenet"}, ["modle", "not known"]),
        ({"beats": [[0.5] * 187], "solver": {"tolerance": 1}}, ["solver.tolerance"]),
        ({"beats": [[0.5] * 187], "solver": {"rtol": 0.0}}, ["solver.rtol", "1e-09..1"]),
        ({"beats": [[0.5] * 187], "solver": {"rtol": -1.0}}, ["solver.rtol", "1e-09..1"]),
        ({"beats": [[0.5] * 187], "solver": {"atol": 2}}, ["solver.atol", "1e-09..1"]),
        ({"beats": [[0.5] * 187], "solver": {"max_evaluations": 0}}, ["solver.max_evaluations", "1..100000"]),
        ({"beats": [[0.5] * 187], "solver": {"max_evaluations": 10**6}}, ["solver.max_evaluations", "1..100000"]),
        ({"beats": [[0.5] * 187], "solver": {"max_evaluations": 10**400}}, ["solver.max_evaluations", "whole number"]),
        ({"beats": [[0.5] * 187], "solver": {"step": 0.1}}, ["solver", "dopri5 chooses its own steps"]),
        ({"beats": [[0.5] * 187], "solver": {"method": "rk4", "step": 2}}, ["solver.step", "0.0001..1"]),
        ({"beats": [[0.5] * 187], "solver": {"rtol": 10**400}}, ["solver.rtol"]),
        ({"beats": [[0] * 400_000]}, ["beats.0", "got 400000 numbers, expected 187"]),
        ({"beats": [[""] * 400_000]}, ["body", "got 800,002 times"]),
        ({"beats": [[""] * 187] * 2}, ["beats.0.0", "beats.1.0"]),
        (
            {"beats": [[0.5] * 187], "solver": {"method": "magic"}},
            ["solver.method", "euler, midpoint, heun, rk4"],
        ),
        ({"beats": [[0.5] * 187], "model": "resnet", "solver": {}}, ["solver", "solves no equation"]),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected(client, body, words):
    assert_problem(post_json(client, body), 422, *words)


def post_json(client, body):
    return client.post("/classify", content=json.dumps(body), headers={"content-type": "application/json"})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.01, 1.01, 1e300])
def test_a_value_that_no_beat_has_is_refused_with_the_beats_index(client, beat, value):
    assert_problem(post_json(client, {"beats": [beat, beat, [*beat[:-1], value]]}), 422, "beats.2", "0..1")


def test_a_number_too_large_for_json_is_refused_with_the_beats_index(client, beat):
    text = json.dumps({"beats": [beat]}).replace(json.dumps(beat[5]), "1e400")
    response = client.post("/classify", content=text, headers={"content-type": "application/json"})
    assert_problem(response, 422, "beats.0")


@pytest.mark.parametrize("body", [r'{"\ud800": 1}', r'{"beats": "\ud800"}', r'{"model": "\ud800"}'])
def test_a_lone_surrogate_is_no_json(client, body):
    response = client.post("/classify", content=body, headers={"content-type": "application/json"})
    assert_problem(response, 400, "not JSON")


@pytest.mark.parametrize("length", [0, 186, 188])
def test_a_beat_of_another_length_is_refused_with_its_index(client, beat, length):
    assert_problem(post(client, beats=[beat, [0.5] * length]), 422, "beats.1", f"got {length} numbers, expected 187")


@pytest.mark.parametrize("name", ["model", "coverage", "colour"])
def test_an_option_beside_a_json_body_is_refused_by_name(client, beat, name):
    response = client.post("/classify", params={name: "0.9"}, json={"beats": [beat]})
    assert_problem(response, 422, name, "in the query of a request with a JSON body")


def test_a_whole_number_may_be_written_as_any_number_is(client, beat):
    assert post(client, beats=[beat], solver={"max_evaluations": 200.0}).status_code == 200
    assert_problem(post(client, beats=[beat], solver={"max_evaluations": 200.5}), 422, "solver.max_evaluations")


def test_an_unknown_model_is_told_with_those_that_are_served(client, beat):
    assert_problem(post(client, beats=[beat], model="oracle"), 404, "oracle", "odenet, resnet")


def test_a_beats_answer_does_not_depend_on_who_else_is_in_the_request(client, beats):
    together = post(client, beats=beats[:10].tolist()).json()["beats"]
    for beat, expected in zip(beats[:10].tolist(), together, strict=True):
        alone = post(client, beats=[beat]).json()["beats"][0]
        assert alone["label"] == expected["label"]
        assert alone["receipt"]["evaluations"] == expected["receipt"]["evaluations"]
        assert alone["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-5)


def test_the_examples_of_the_document_work_when_pasted(client):
    document = client.get("/openapi.json").json()
    content = document["paths"]["/classify"]["post"]["requestBody"]["content"]["application/json"]
    assert len(content["examples"]) >= 2
    for example in content["examples"].values():
        assert client.post("/classify", json=example["value"]).status_code == 200


@pytest.fixture
def doubtful(served):
    """A service whose resnet has a table of confidences."""
    resnet = served.by_name["resnet"]
    table = Abstention(coverages=(0.5, 1.0), confidences=(1.0, 0.0))
    models = ServedModels([Classifier(resnet.network, None, resnet.checkpoint, abstention=table)])
    with TestClient(service.create(models, Settings()), raise_server_exceptions=False) as client:
        yield client


def test_a_coverage_lets_a_model_abstain_and_it_guesses_all_the_same(doubtful, beat):
    (sure,) = doubtful.post("/classify", json={"beats": [beat]}).json()["beats"]
    (unsure,) = doubtful.post("/classify", json={"beats": [beat], "coverage": 0.5}).json()["beats"]
    assert (sure["abstained"], sure["reason"]) == (False, None)
    assert (unsure["abstained"], unsure["reason"]) == (True, "low_confidence")
    assert unsure["label"] == sure["label"] and unsure["probabilities"] == sure["probabilities"]
    assert 'cardiode_abstentions_total{model="resnet",reason="low_confidence"} 1.0' in doubtful.get("/metrics").text


@pytest.mark.parametrize("coverage", [0.3, 1.2, "most", None])
def test_a_coverage_out_of_bounds_is_refused_by_name(client, beat, coverage):
    answer = client.post("/classify", json={"beats": [beat], "coverage": coverage})
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "coverage"


def test_a_model_without_a_table_says_so(client, beat):
    answer = client.post("/classify", json={"beats": [beat], "coverage": 0.9})
    assert answer.status_code == 422 and "no confidence was found" in answer.json()["detail"]
    assert 'cardiode_errors_total{kind="invalid_coverage"} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize("told", ["0", "-5", "soon", "1.5", "9" * 10, "٣"])
def test_a_deadline_that_is_none_is_refused_by_name(client, beat, told):
    headers = {"Cardiode-Deadline-Ms": told.encode()}
    assert_problem(client.post("/classify", json={"beats": [beat]}, headers=headers), 422, "Cardiode-Deadline-Ms")


def test_a_deadline_that_comes_twice_is_refused_for_one_of_them_would_be_ignored(client, beat):
    twice = [("Cardiode-Deadline-Ms", "5"), ("Cardiode-Deadline-Ms", "60000")]
    refused = client.post("/classify", json={"beats": [beat]}, headers=twice)
    assert_problem(refused, 422, "Cardiode-Deadline-Ms", "got it twice")


def test_an_answer_that_cannot_be_there_in_time_is_not_waited_for(client, beat):
    body = {"beats": [beat] * 200, "solver": {"rtol": 1e-6, "atol": 1e-6}}
    assert_problem(client.post("/classify", json=body, headers={"Cardiode-Deadline-Ms": "5"}), 504, "5 ms")
    assert 'cardiode_errors_total{kind="too_late"} 1.0' in client.get("/metrics").text
    assert (
        client.post("/classify", json={"beats": [beat]}, headers={"Cardiode-Deadline-Ms": "60000"}).status_code == 200
    )


def test_explanations_that_cannot_be_there_in_time_are_not_waited_for(served, beat):
    free = threading.Event()

    class Held(Worker):
        async def decide(self, classifier, beats, *others):
            if len(beats) > 1:
                await asyncio.to_thread(free.wait, 60)
            return await super().decide(classifier, beats, *others)

    with TestClient(service.create(served, Settings(), begin=Held)) as client:
        client.post("/classify", json={"beats": [beat]})  # so that its worker knows the classifier
        asked = {"json": {"beats": [beat], "explain": True}, "headers": {"Cardiode-Deadline-Ms": "2000"}}
        late = client.post("/classify", **asked)
        free.set()
    assert_problem(late, 504, "deadline of 2,000 ms")


def test_a_service_may_allow_less_than_its_clients(served, beat):
    with TestClient(service.create(served, Settings(deadline=0.001))) as client:
        body = {"beats": [beat] * 50}
        assert_problem(client.post("/classify", json=body, headers={"Cardiode-Deadline-Ms": "60000"}), 504, "1 ms")


def test_more_beats_than_may_wait_are_refused_with_when_to_come_again(served, beat):
    settings = Settings(queue_beats=4096, workers=1)
    with TestClient(service.create(served, settings)) as client:
        many = {"beats": [beat] * 4000, "model": "resnet"}
        with ThreadPoolExecutor(4) as pool:
            responses = list(pool.map(lambda _: client.post("/classify", json=many), range(4)))
    refused = [response for response in responses if response.status_code != 200]
    assert 1 <= len(refused) < 4
    for response in refused:
        assert_problem(response, 503, "beats are waiting")
        assert 1 <= int(response.headers["retry-after"]) <= 30


def test_a_service_that_is_too_busy_says_so_before_it_reads_the_body(client, monkeypatch):
    def check(_):
        raise Busy("the queue is full: 1,234 beats are ahead of this request, expected at most 1,000", 3)

    monkeypatch.setattr(client.app.state.service.batcher, "check", check)
    for path in ("/classify", "/v2/models/odenet/infer"):
        refused = client.post(path, content=b"{")
        assert refused.status_code == 503 and "1,234 beats" in refused.text
        assert refused.headers["retry-after"] == "3"
    # Only to ask costs something, and refused requests are counted where they were sent.
    assert client.get("/classify").status_code == 405
    values = parsed(client.get("/metrics").text)
    for route in ("/classify", "/v2/models/{name}/infer"):
        assert total(values, "cardiode_http_requests_total", route=route, status="503") == 1


def test_beats_whose_workers_end_over_them_are_refused_with_when_to_come_again(served, beat):
    class Lost(Worker):
        async def decide(self, *_):
            raise WorkerEnded("2 processes ended over 1 beats for odenet@1234")

    with TestClient(service.create(served, Settings(workers=1), begin=Lost)) as client:
        tensor = {"name": "beats", "datatype": "FP32", "shape": [1, 187], "data": beat}
        for path, body in (("/classify", {"beats": [beat]}), ("/v2/models/odenet/infer", {"inputs": [tensor]})):
            refused = client.post(path, json=body)
            assert refused.status_code == 503 and "ended before it was done" in refused.text
            assert "1234" not in refused.text and refused.headers["retry-after"] == "5"
        assert 'cardiode_errors_total{kind="worker_lost"} 2.0' in client.get("/metrics").text


def test_a_client_that_has_left_is_not_solved_for(serving, beat):
    content = json.dumps({"beats": [beat] * 4000, "solver": {"rtol": 1e-6, "atol": 1e-6}}).encode()
    head = f"POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\n\r\n".encode()

    def told(name, **labels):
        return total(parsed(httpx.get(f"{serving}/metrics").text), name, **labels)

    before, solved = told("cardiode_http_requests_total", status="499"), told("cardiode_batch_beats_sum")
    url = httpx.URL(serving)
    with socket.create_connection((url.host, url.port)) as connection:
        connection.sendall(head + content)
        wait_for(lambda: told("cardiode_queued_beats"))
    wait_for(lambda: told("cardiode_http_requests_total", status="499") > before)
    wait_for(lambda: not told("cardiode_queued_beats"))
    assert told("cardiode_batch_beats_sum") < 4000 + solved


def wait_for(happened):
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)
