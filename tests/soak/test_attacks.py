"""No single connection makes the service unheard of, takes its memory or ends it, whatever is sent over it."""

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soak.attacks import KINDS, Attacker
from soak.mix import MORE_MEMORY, Watch
from soak.service import served

SIZES = (1_000, 100_000, 1_000_000)
"""Growing: what is not linear shows."""

PATIENCE = 0.5


@pytest.fixture(scope="module")
def service(checkpoints):
    names = ",".join(map(str, checkpoints.values()))
    with served(CARDIODE_MODELS=names, CARDIODE_WORKERS="1") as service:
        yield service


def attacked(service, kind, size, seed):
    """What was seen of the service while it was attacked, and once more after."""

    async def run():
        watch = Watch(service)
        await watch.look()
        watching = asyncio.create_task(watch.follow())
        await Attacker(service.port, PATIENCE).attack(kind, size, seed)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await watch.look()
        return watch

    return asyncio.run(run())


def assert_held(service, watch):
    assert service.process.poll() is None
    assert watch.slowest < float("inf") and watch.asked >= 2
    assert watch.more < MORE_MEMORY


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_service_is_there_whatever_is_sent_at_growing_sizes(service, kind):
    for size in SIZES:
        assert_held(service, attacked(service, kind, size, size))


@given(kind=st.sampled_from(KINDS), size=st.integers(300, 1_000_000), seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_so_it_is_by_chance(service, kind, size, seed):
    assert_held(service, attacked(service, kind, size, seed))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_attack_is_about_as_large_as_it_is_asked_to_be_and_the_same_again(kind):
    for size in SIZES:
        sent = [b"".join(kind(size, random.Random(1))) for _ in range(2)]
        assert sent[0] == sent[1]
        assert 0 < len(sent[0]) <= 1.1 * size + 100_000
