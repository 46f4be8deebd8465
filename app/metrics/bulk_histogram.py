"""Histograms of what comes in thousands at once: an array of values costs about as much as one of them."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, Num
from prometheus_client import CollectorRegistry
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


@dataclass
class Counted:
    """What was observed under one set of labels: how many values in each bucket, and their sum."""

    values: Int64[np.ndarray, "bucket"]
    sum: float = 0.0


class BulkHistogram(Collector):
    """A histogram as `prometheus_client.Histogram` is, but that its `observe` takes an array and not a number.

    `buckets` are upper bounds, in order, each within its bucket; values above all of them have one of their own.
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        label_names: Sequence[str] = (),
        *,
        buckets: Sequence[float],
        registry: CollectorRegistry,
    ) -> None:
        self._name = name
        self._documentation = documentation
        self._label_names = label_names
        self._bounds = np.array(buckets, np.float64)
        self._counted: dict[tuple[str, ...], Counted] = {}
        self._lock = threading.Lock()
        if not label_names:
            self.observe(np.empty(0))  # there is one series, and it begins at 0
        registry.register(self)

    def observe(self, values: Num[np.ndarray, "value"], *labels: str) -> None:
        """Count values, which must be finite, under these labels, one for each of the names."""
        places = np.searchsorted(self._bounds, values)
        counts = np.bincount(places, minlength=len(self._bounds) + 1)
        with self._lock:
            counted = self._counted.setdefault(labels, Counted(np.zeros_like(counts)))
            counted.values += counts
            counted.sum += float(values.sum(dtype=np.float64))

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """All of it, as a registry asks for it."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=self._label_names)
        bounds = [*map(floatToGoString, self._bounds), "+Inf"]
        with self._lock:
            for labels, counted in self._counted.items():
                buckets = list(zip(bounds, np.cumsum(counted.values).tolist(), strict=True))
                family.add_metric(labels, buckets, counted.sum)
        yield family
