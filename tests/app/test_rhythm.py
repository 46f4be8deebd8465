"""A service that has a classifier of whole recordings beside those of beats."""

import io
import json

import numpy as np
import pytest
from starlette.testclient import TestClient

from app import service
from app.registry.models import ServedModels
from app.settings import Settings
from ecg.synthetic import synthesize

MADE = synthesize(60, fs=250.0, leads=("MLII", "V1"), ectopic={"V": 0.1}, seed=5)
RECORDING = {"signals": {"MLII": MADE.signals[0].tolist(), "V1": MADE.signals[1].tolist()}, "fs": 250}


@pytest.fixture(scope="module")
def client(checkpoints, rhythm_checkpoint):
    served = ServedModels.load(
        [str(file) for file in (checkpoints["odenet"], rhythm_checkpoint, checkpoints["resnet"])]
    )
    with TestClient(service.create(served, Settings()), raise_server_exceptions=False) as client:
        yield client


def test_each_kind_of_request_has_its_default(client, beat):
    assert client.post("/classify", json={"beats": [beat]}).json()["model"]["name"] == "odenet"
    assert client.post("/recordings", json=RECORDING).json()["recording"]["model"]["name"] == "rhythm_odenet"
    told = {
        model["name"]: (model["default"], model["default_for_recordings"])
        for model in client.get("/models").json()["models"]
    }
    assert told == {"odenet": (True, False), "rhythm_odenet": (False, True), "resnet": (False, False)}


def test_beats_by_themselves_are_refused_with_what_to_do(client, beat):
    answer = client.post("/classify", json={"beats": [beat], "model": "rhythm_odenet"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "model"
    assert "/recordings" in answer.json()["errors"][0]["message"]
    explained = client.post("/classify", json={"beats": [beat], "model": "rhythm_odenet", "explain": True})
    assert (explained.status_code, explained.json()) == (422, answer.json())


def test_every_beat_that_can_be_judged_is_decided_on(client):
    body = client.post("/recordings", json=RECORDING).json()
    assert len(body["beats"]) > 60
    for beat in body["beats"]:
        assert (beat["label"] is not None) == (beat["quality"] == "good")
        assert not beat["label"] or beat["receipt"]["evaluations"] > 0


def test_a_beat_model_can_still_be_asked_for(client):
    body = client.post("/recordings", json=RECORDING | {"model": "resnet"}).json()
    assert body["recording"]["model"]["name"] == "resnet" and body["beats"][5]["receipt"] is None


def test_a_kept_recording_is_decided_on_anew_and_back(client):
    first = client.post("/recordings", json=RECORDING | {"keep": True}).json()
    path = f"/recordings/{first['recording']['id']}"
    for model in ("odenet", "rhythm_odenet"):
        lines = client.post(f"{path}/decisions", json={"model": model}).text.splitlines()
        assert json.loads(lines[0])["progress"]["share"] <= 1.0
        again = client.get(path, headers={"Accept": "application/json"}).json()
        assert again["recording"]["model"]["name"] == model
    assert [beat["label"] for beat in again["beats"]] == [beat["label"] for beat in first["beats"]]


def test_a_beat_is_explained_by_its_leads_and_its_rhythm(client):
    kept = client.post("/recordings", json=RECORDING | {"keep": True}).json()
    good = next(n for n, beat in enumerate(kept["beats"]) if n > 10 and beat["label"])
    explanation = client.get(f"/recordings/{kept['recording']['id']}/beats/{good}/explanation").json()
    assert (len(explanation["relevance"]), explanation["before"]) == (125, 55)
    assert set(explanation["parts"]) == {"first_lead", "second_lead", "rhythm"} and any(explanation["parts"].values())


def test_a_live_signal_is_decided_on_in_context_unless_another_model_is_asked_for(client):
    with client.websocket_connect("/stream") as socket:
        socket.send_json({"fs": 250, "leads": ["MLII", "V1"]})
        assert socket.receive_json()["stream"]["model"]["name"] == "rhythm_odenet"
        socket.send_bytes(np.ascontiguousarray(MADE.signals.T, dtype="<f4").tobytes())
        beats = socket.receive_json()["beats"]
        socket.send_json({"end": True})
    assert len(beats) > 60 and all(beat["label"] for beat in beats if beat["quality"] == "good")


def test_a_csv_of_one_lead_is_answered_too(client):
    file = io.StringIO()
    np.savetxt(file, MADE.signals[0], header="II (mV)", comments="")
    answer = client.post("/recordings", files={"files": ("one.csv", file.getvalue())}, data={"fs": "250"})
    assert answer.json()["recording"]["model"]["name"] == "rhythm_odenet" and len(answer.json()["beats"]) > 60
