import io
import urllib.request
from email.message import Message
from urllib.error import HTTPError

import pytest

from benchmarks.frameworks import Measured, first_answer, rows, same
from benchmarks.load import JSON, Body, Load

BEAT = {"label": "N", "probabilities": {"N": 0.9, "S": 0.1}}


@pytest.fixture
def body(tmp_path):
    return Body(tmp_path / "64.json", JSON, 64)


def test_of_each_service_the_better_try_is_told_and_held_against_ours(body):
    tries = [
        ("cardiode", "", 30),
        ("LitServe", "1", 10),
        ("LitServe", "2", 20),
        ("BentoML", "1", 15),
        ("BentoML", "2", 5),
    ]
    measured = [Measured(name, workers, body, Load(rate, 64 * rate, 0.1, 0.02)) for name, workers, rate in tries]
    assert rows(measured) == [
        "| 64, JSON | cardiode |  | 30 | 1,920 | 100 ms | 0.02 | 1.00 |",
        "| 64, JSON | LitServe | 2 | 20 | 1,280 | 100 ms | 0.02 | 1.50 |",
        "| 64, JSON | BentoML | 1 | 15 | 960 | 100 ms | 0.02 | 2.00 |",
    ]


def test_answers_are_the_same_but_for_rounding():
    assert same([BEAT], [BEAT | {"probabilities": {"N": 0.9005, "S": 0.0995}}])


@pytest.mark.parametrize(
    "other",
    [[], [BEAT, BEAT], [BEAT | {"label": "S"}], [BEAT | {"probabilities": {"N": 0.8, "S": 0.2}}]],
    ids=["none", "more", "label", "probabilities"],
)
def test_answers_that_differ_are_not_the_same(other):
    assert not same(other, [BEAT])


def answering(monkeypatch, *statuses):
    """A service that answers so, one after the other."""
    left = iter(statuses)

    def urlopen(request):
        status = next(left)
        if status != 200:
            raise HTTPError(request.full_url, status, "refused", Message(), io.BytesIO(b"no"))
        return io.BytesIO(b"[1, 2]")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)


def test_a_service_may_first_be_missing_behind_what_stands_before_it(body, monkeypatch):
    body.file.touch()
    answering(monkeypatch, 404, 503, 200)
    assert first_answer("LitServe", "http://127.0.0.1", body) == [1, 2]


def test_a_service_that_refuses_a_body_ends_the_benchmark(body, monkeypatch):
    body.file.touch()
    answering(monkeypatch, 422, 200)
    with pytest.raises(SystemExit, match="LitServe refuses 64 beats as application/json"):
        first_answer("LitServe", "http://127.0.0.1", body)
