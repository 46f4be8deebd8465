"""What a key is given: of the workers' time no more than it pays for, whatever it asks and however it ends."""

import asyncio
import json

import numpy as np
import pytest

from app import service
from app.batching.worker import Worker
from app.keys import file as keys
from app.keys.bill import USUAL_EFFORT
from app.settings import Settings
from models import weight_of
from tests.app.keys.test_file import Clock

RATE, SECONDS = 1.0, 30
EACH_SECOND = 4
"""Requests at once, every second."""

TOLERANCES = np.geomspace(1e-9, 1e-1, 50).tolist()
SOLVERS = [
    *({"method": method} for method in ("dopri5", "tsit5", "bosh3", "heun_euler", "dopri8")),
    *({"method": method, "step": 0.5} for method in ("implicit_euler", "crank_nicolson", "implicit_midpoint")),
    {"method": "implicit_euler", "step": 1e-4},
    {"method": "rk4", "step": 1e-4},
    {"method": "rk4", "step": 2e-3},
]


class Counting(Worker):
    """Counts what was solved, in evaluations of an explicit method."""

    effort = 0.0

    async def decide(self, classifier, beats, solver, *others):
        decisions = await super().decide(classifier, beats, solver, *others)
        Counting.effort += weight_of(solver) * int(decisions.receipts.evaluations.sum())
        return decisions


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def app(served, tmp_path, clock):
    """The service, with a slow key."""
    file = tmp_path / "keys.jsonl"
    secret = keys.add(file, "slow", beats_per_second=RATE)
    made = service.create(served, Settings(api_keys_file=str(file), workers=2), clock, Counting)
    made.state.secret = secret
    return made


async def ask(app, body, milliseconds, leaves):
    """The status of an answer; 499 where its client has left."""
    content, statuses = [json.dumps(body).encode()], []
    there = asyncio.Event()
    headers = {"authorization": f"Bearer {app.state.secret}", "content-type": "application/json"}
    headers |= {"cardiode-deadline-ms": str(milliseconds)}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def receive():
        if content:
            return {"type": "http.request", "body": content.pop()}
        if not leaves:
            await there.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "method": "POST", "path": "/classify", "query_string": b"", "headers": raw}
    await app(scope | {"client": ("203.0.113.7", 80), "server": ("localhost", 80), "scheme": "http"}, receive, send)
    return statuses[0]


def drawn(rng, beats):
    """A request of one beat by any setting, and how it ends."""
    solver = dict(SOLVERS[rng.integers(len(SOLVERS))])
    if rng.random() < 0.8:
        solver["max_evaluations"] = int(rng.choice([50, 500, 550, 2000, 2200, 100_000]))
    if "step" not in solver or "implicit" in solver["method"]:
        solver |= {"rtol": float(rng.choice(TOLERANCES)), "atol": float(rng.choice(TOLERANCES))}
    beat = [rng.choice(beats), rng.random(187), np.zeros(187)][rng.integers(3)]
    milliseconds = int(rng.choice([1, 20, 200, 700, 30_000]))
    return {"model": "odenet", "beats": [beat.tolist()], "solver": solver}, milliseconds, bool(rng.random() < 0.3)


@pytest.mark.parametrize("seed", range(3))
def test_a_slow_key_never_gets_more_than_twice_its_share_by_any_settings_deadlines_and_disconnects(
    app, clock, beats, seed
):
    rng, answered = np.random.default_rng(seed), []
    Counting.effort = 0.0

    async def run():
        async with app.router.lifespan_context(app):
            for _ in range(SECONDS):
                requests = [drawn(rng, beats) for _ in range(EACH_SECOND)]
                answered.extend(await asyncio.gather(*(ask(app, *request) for request in requests)))
                clock.now += 1.0

    asyncio.run(run())
    assert {200, 422, 429, 504} <= set(answered) <= {200, 422, 429, 499, 504}
    assert 0 < Counting.effort <= 2 * RATE * SECONDS * USUAL_EFFORT
