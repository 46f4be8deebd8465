import pytest

from benchmarks.frameworks import Measured, rows, same
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
