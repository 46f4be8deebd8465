"""A small run of `make soak`'s contract: as it is described, so it answers."""

import pytest

from app.keys import file as keys
from soak.contract import Service, examine
from tests.app.conftest import started


@pytest.fixture
def service(checkpoints, tmp_path):
    file = tmp_path / "keys.jsonl"
    key = keys.add(file, "contract", "admin")
    settings = {"CARDIODE_API_KEYS_FILE": str(file), "CARDIODE_RECORDINGS_KEPT": "1000"}
    with started(checkpoints.values(), **settings) as (_, (address,)):
        yield Service(address, key)


def test_what_the_description_allows_and_forbids_is_answered_as_it_says(service, capfd):
    outcome = examine(service, seed=1, each=8, phases=("examples", "fuzzing", "stateful"))
    assert outcome.finished and outcome.cases >= 200
    assert not outcome.failures, capfd.readouterr().out
    assert service.internal_errors() == 0


def test_an_answer_that_is_not_described_is_found(service, capfd, tmp_path):
    """The service does not know this key, so it refuses where the description promises an answer."""
    outcome = examine(Service(service.address, "unknown"), seed=1, each=1, phases=("fuzzing",))
    assert outcome.cases and outcome.failures
