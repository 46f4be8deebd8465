import logging
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from starlette.testclient import TestClient

from app import service
from app.registry.models import ServedModels
from app.settings import Settings
from tests.app.batching.test_batcher import Watched, WorkerHere, named
from tests.app.metrics.test_metrics import samples, total
from tests.app.registry.test_reload import HERE

BEATS = 5


@pytest.fixture
def models(served):
    """The two models, the resnet watched."""
    resnet = served.by_name["resnet"]
    return ServedModels([served.by_name["odenet"], Watched(resnet)])


@contextmanager
def service_with(models, draws=None, **settings):
    app = service.create(models, Settings(**{"shadow": "odenet=resnet:0.25"} | settings), begin=WorkerHere)
    if draws is not None:
        app.state.service.shadowing.draw = iter(draws).__next__
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def wait_for(client, metric, value):
    """The samples once all of this metric's together have reached the value."""
    deadline = time.monotonic() + 60
    while total(values := samples(client), metric) < value:
        assert time.monotonic() < deadline, values
    return values


def test_the_share_that_is_drawn_is_decided_on_by_the_shadow_too(models, beats):
    with service_with(models, [0.9, 0.1, 0.25, 0.24, 0.5]) as client:
        for count in (1, 2, 3, 4, 5):
            client.post("/classify", json={"beats": beats[:count].tolist()})
        values = wait_for(client, "cardiode_shadow_beats_total", 6)
    pins = {"model": models.by_name["odenet"].identity.pin, "shadow": models.by_name["resnet"].identity.pin}
    assert total(values, "cardiode_shadow_beats_total", **pins) == 2 + 4
    assert sum(size for size, _ in models.by_name["resnet"].batches) == 6


def test_nothing_is_drawn_for_requests_of_other_models(models, beats):
    with service_with(models, [0.0]) as client:
        client.post("/classify", json={"beats": beats[:3].tolist(), "model": "resnet"})
        client.post("/classify", json={"beats": beats[:2].tolist(), "model": "odenet@0"})
        values = wait_for(client, "cardiode_shadow_beats_total", 2)
    assert total(values, "cardiode_shadow_beats_total") == 2


def test_what_the_labels_differ_in_is_counted(models, beats, monkeypatch):
    """Fresh networks say the same of all beats, so the shadow's answers are moved on by none, one or two labels."""
    resnet = models.by_name["resnet"]

    def moved(values, solver, least_confidence=0.0, deadline=None):
        decisions = resnet.original.classify(values, solver)
        rows = [np.roll(row, number % 3) for number, row in enumerate(decisions.probabilities)]
        return replace(decisions, probabilities=np.stack(rows))

    said, other = models.by_name["odenet"].classify(beats).labels, moved(beats, None).labels
    expected = np.count_nonzero(said != other)
    assert 0 < expected < len(beats)
    monkeypatch.setattr(resnet, "decide", moved)
    with service_with(models, [0.0]) as client:
        client.post("/classify", json={"beats": beats.tolist()})
        values = wait_for(client, "cardiode_shadow_beats_total", len(beats))
    assert total(values, "cardiode_shadow_disagreements_total") == expected
    for one, another in {(int(one), int(another)) for one, another in zip(said, other, strict=True)}:
        labels = {"label": "NSVFQ"[one], "shadow_label": "NSVFQ"[another]}
        count = 0 if one == another else np.count_nonzero((said == one) & (other == another))
        assert total(values, "cardiode_shadow_disagreements_total", **labels) == count


def test_a_solve_that_failed_disagrees_with_one_that_did_not(models, beats):
    with service_with(models, [0.0]) as client:
        body = {"beats": beats[:2].tolist(), "solver": {"max_evaluations": 1}}
        client.post("/classify", json=body)
        values = wait_for(client, "cardiode_shadow_beats_total", 2)
    assert total(values, "cardiode_shadow_disagreements_total", label="none") == 2


def test_a_shadow_with_a_solver_solves_as_the_client_asked(served, beats):
    odenet = served.by_name["odenet"]
    watched = named(Watched(odenet), version="9", sha256="9" * 64)
    models = ServedModels([odenet, watched])
    with service_with(models, [0.0, 0.0], shadow="odenet=odenet@9:0.1") as client:
        body = {"beats": beats[:2].tolist(), "solver": {"method": "rk4", "step": 0.5}}
        client.post("/classify", json=body)
        wait_for(client, "cardiode_shadow_beats_total", 2)
        client.post("/classify", json={"beats": beats[:2].tolist()})
        values = wait_for(client, "cardiode_shadow_beats_total", 4)
    (_, asked), (_, usual) = watched.batches
    assert (asked.method, asked.step) == ("rk4", 0.5)
    assert usual == odenet.solver
    assert total(values, "cardiode_shadow_disagreements_total") == 0


def test_the_client_has_its_answer_while_the_shadow_is_still_at_it(models, beats):
    resnet = models.by_name["resnet"]
    with service_with(models, [0.0] * 4, workers=2) as client, resnet.held():
        for _ in range(4):
            answer = client.post("/classify", json={"beats": beats[:BEATS].tolist()})
            assert answer.json()["model"]["name"] == "odenet" and len(answer.json()["beats"]) == BEATS
        assert resnet.begun.acquire(timeout=60)
        values = samples(client)
        assert total(values, "cardiode_http_requests_in_progress") == 1  # this one
        assert total(values, "cardiode_http_requests_total", route="/classify") == 4
        assert total(values, "cardiode_shadow_beats_total") == 0
        resnet.free.set()
        wait_for(client, "cardiode_shadow_beats_total", 4 * BEATS)


def test_an_answer_is_the_same_with_a_shadow_and_without(models, served, beats):
    body = {"beats": beats[:BEATS].tolist()}
    with service_with(served, shadow="") as client:
        alone = client.post("/classify", json=body)
    with service_with(models, [0.0]) as client:
        assert client.post("/classify", json=body).content == alone.content


def test_a_shadow_that_fails_is_counted_and_harms_nobody(models, beats, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("of its own")

    monkeypatch.setattr(models.by_name["resnet"], "decide", fail)
    with service_with(models, [0.0, 0.0]) as client:
        for count in (1, 2):
            assert client.post("/classify", json={"beats": beats[:1].tolist()}).status_code == 200
            values = wait_for(client, "cardiode_shadow_failures_total", count)
    assert total(values, "cardiode_shadow_failures_total", kind="internal") == 2
    assert total(values, "cardiode_errors_total") == 0
    assert any(record.message == "a shadow failed" and record.exc_info for record in caplog.records)


def test_a_queue_that_is_half_full_takes_no_beats_of_shadows(models, beats):
    resnet, many = models.by_name["resnet"], np.resize(beats, (4096, 187)).astype("<f4")
    with service_with(models, [0.0, 0.0, 0.0], queue_beats=8192, workers=2) as client, resnet.held():
        client.post("/classify", json={"beats": beats[:1].tolist()})
        assert resnet.begun.acquire(timeout=60)
        # None can be begun while one is, so these wait: half a queue, and no more.
        headers = {"content-type": "application/octet-stream"}
        for _ in range(2):
            assert client.post("/classify", content=many.tobytes(), headers=headers).status_code == 200
        values = wait_for(client, "cardiode_shadow_failures_total", 1)
        assert total(values, "cardiode_shadow_failures_total", kind="busy") == 1


def test_a_service_that_ends_does_not_wait_for_shadows(models, beats):
    resnet = models.by_name["resnet"]
    with resnet.held(), service_with(models, [0.0] * 3, workers=2) as client:
        for _ in range(3):
            client.post("/classify", json={"beats": beats[:BEATS].tolist()})
        assert resnet.begun.acquire(timeout=60)
        close = client.app.state.service.batcher.close
        client.app.state.service.batcher.close = lambda: (resnet.free.set(), close())[1]
    assert [size for size, _ in resnet.batches] == [BEATS]  # what had begun, and nothing after it


def test_a_shadow_rests_where_a_reload_leaves_it_no_model(checkpoints, tmp_path, beats, caplog):
    caplog.set_level(logging.INFO, "cardiode.models")
    for name, file in checkpoints.items():
        (tmp_path / f"{name}.safetensors").write_bytes(file.read_bytes())
    settings = Settings(models=str(tmp_path), shadow="odenet=resnet:1")
    app = service.create(ServedModels.load(settings.model_names), settings)
    with TestClient(app, **HERE) as client:
        client.post("/classify", json={"beats": beats[:1].tolist()})
        wait_for(client, "cardiode_shadow_beats_total", 1)
        (tmp_path / "resnet.safetensors").unlink()
        assert client.post("/models/reload").status_code == 200
        assert client.post("/classify", json={"beats": beats[:1].tolist()}).status_code == 200
        (tmp_path / "resnet.safetensors").write_bytes(checkpoints["resnet"].read_bytes())
        client.post("/models/reload")
        client.post("/classify", json={"beats": beats[:1].tolist()})
        values = wait_for(client, "cardiode_shadow_beats_total", 2)
    assert total(values, "cardiode_shadow_beats_total") == 2
    (warning,) = (record for record in caplog.records if record.levelno == logging.WARNING)
    assert (warning.message, warning.reason) == ("a shadow rests", "resnet is not served")
