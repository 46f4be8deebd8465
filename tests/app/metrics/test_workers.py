import os
import subprocess
import sys

import pytest
from prometheus_client import CollectorRegistry

from app.metrics.workers import WorkerMetrics


@pytest.fixture
def registry():
    return CollectorRegistry()


def told(registry, name, worker):
    return registry.get_sample_value(name, {"worker": str(worker)})


def test_each_worker_is_told_of_by_its_number(registry):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as small:
        WorkerMetrics(registry).watch(lambda: [os.getpid(), small.pid])
        memory = [told(registry, "cardiode_worker_resident_memory_bytes", worker) for worker in (0, 1)]
        used = [told(registry, "cardiode_worker_cpu_seconds_total", worker) for worker in (0, 1)]
        small.communicate()
    assert memory[0] > memory[1] > 0
    assert used[0] == pytest.approx(sum(os.times()[:2]), abs=0.5) and used[0] > used[1] >= 0


def test_one_that_has_ended_is_left_out_and_no_error(registry):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    WorkerMetrics(registry).watch(lambda: [ended.pid])
    assert told(registry, "cardiode_worker_resident_memory_bytes", 0) is None


def test_a_service_tells_of_all_its_workers(client, beat):
    client.post("/classify", json={"beats": [beat]})
    lines = client.get("/metrics").text.splitlines()
    count = len(client.app.state.service.batcher.workers)
    for name in ("cardiode_worker_cpu_seconds_total", "cardiode_worker_resident_memory_bytes"):
        assert sum(line.startswith(f"{name}{{") for line in lines) == count
    assert "cardiode_worker_replacements_total 0.0" in lines
