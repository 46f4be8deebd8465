"""What the workers' processes use: a service's own `process_*` figures do not include them."""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

CPU, MEMORY = "process_cpu_seconds", "process_resident_memory_bytes"
"""What `ProcessCollector` calls them."""


class WorkerMetrics(Collector):
    """Asks the system each time it is asked."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._process_ids: Callable[[], Sequence[int]] = tuple
        registry.register(self)

    def watch(self, process_ids: Callable[[], Sequence[int]]) -> None:
        """Tell of these processes, which may be others each time."""
        self._process_ids = process_ids

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        """Both families, as a registry asks for them."""
        cpu = CounterMetricFamily(
            "cardiode_worker_cpu_seconds", "Seconds of a core that a worker has used.", labels=["worker"]
        )
        memory = GaugeMetricFamily(
            "cardiode_worker_resident_memory_bytes",
            "Memory of a worker that is in use; what it shares with others is counted in each.",
            labels=["worker"],
        )
        for number, process_id in enumerate(self._process_ids()):
            values = _values(process_id)
            for family, name in ((cpu, CPU), (memory, MEMORY)):
                if name in values:  # it is not where the process has just ended
                    family.add_metric([str(number)], values[name])
        yield cpu
        yield memory


def _values(process_id: int) -> dict[str, float]:
    families = ProcessCollector(pid=lambda: process_id, registry=None).collect()
    return {family.name: family.samples[0].value for family in families}
