"""What a request pays for, and what it does not."""

import pytest
from starlette.testclient import TestClient

from app import service
from app.batching.worker import Worker
from app.errors import WorkerEnded
from app.keys import file as keys
from app.registry.models import ServedModels
from app.settings import Settings

BEATS = 30


@pytest.fixture(scope="module")
def models(checkpoints, rhythm_checkpoint):
    return ServedModels.load([*map(str, checkpoints.values()), str(rhythm_checkpoint)])


@pytest.fixture
def client_of(models, tmp_path):
    """A client whose key may ask for one beat a second, on a clock that stands still."""
    file = tmp_path / "keys.jsonl"
    secret = keys.add(file, "ward", beats_per_second=1)

    def client_of(begin=Worker):
        app = service.create(models, Settings(api_keys_file=str(file), workers=1), clock=lambda: 1000.0, begin=begin)
        return TestClient(app, headers={"Authorization": f"Bearer {secret}"}, raise_server_exceptions=False)

    return client_of


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/classify", {"model": "resnet", "solver": {"max_evaluations": 100}}),
        ("/classify", {"model": "rhythm_odenet"}),
        ("/classify", {"model": "odenet", "solver": {"method": "dopri5", "step": 0.1}}),
        ("/classify", {"model": "resnet", "coverage": 0.9}),
        ("/classify", {"model": "nobody"}),
        ("/v2/models/resnet/infer", {"parameters": {"max_evaluations": 100}}),
        ("/v2/models/rhythm_odenet/infer", {}),
    ],
)
def test_what_cannot_be_answered_is_refused_before_it_is_charged(client_of, beats, path, refused):
    rows = beats[:BEATS].tolist()
    tensor = {"name": "beats", "datatype": "FP32", "shape": [BEATS, 187], "data": rows}
    body = refused | ({"inputs": [tensor]} if path.startswith("/v2") else {"beats": rows})
    with client_of() as client:
        assert client.post(path, json=body).status_code in (404, 422)
        assert client.post("/classify", json={"beats": rows}).status_code == 200  # which owes 20 seconds
        assert client.post("/classify", json={"beats": rows[:1]}).status_code == 429


@pytest.mark.parametrize("error", [WorkerEnded("2 processes ended"), RuntimeError("of the service's own")])
def test_what_the_service_fails_at_costs_nothing(client_of, beats, error):
    class Failing(Worker):
        async def decide(self, *_):
            raise error

    with client_of(Failing) as client:
        for _ in range(3):
            answer = client.post("/classify", json={"beats": beats[:BEATS].tolist()})
            assert answer.status_code == (503 if isinstance(error, WorkerEnded) else 500)


def test_a_beat_that_costs_many_evaluations_pays_for_more(client_of, beats):
    dear = {"beats": beats[:10].tolist(), "solver": {"method": "rk4", "step": 0.005}}
    with client_of() as client:
        answered = client.post("/classify", json=dear).json()["beats"]
        assert all(800 <= beat["receipt"]["evaluations"] < 1000 for beat in answered)
        refused = client.post("/classify", json={"beats": beats[:1].tolist()})
    # 10 beats and 10 * 800 / 200 more, of which ten were saved up.
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "40")


def test_what_was_being_solved_when_it_was_too_late_is_paid(client_of, beats):
    """Else short deadlines would be solved for nothing."""

    endless = {"method": "rk4", "step": 0.002, "max_evaluations": 2000}  # a second's work
    with client_of() as client:
        body = {"beats": beats[:BEATS].tolist(), "solver": endless}
        late = client.post("/classify", json=body, headers={"Cardiode-Deadline-Ms": "300"})
        assert late.status_code == 504
        refused = client.post("/classify", json={"beats": beats[:1].tolist()})
        assert refused.status_code == 429
        assert BEATS - 10 <= int(refused.headers["retry-after"]) <= 11 * BEATS - 10
