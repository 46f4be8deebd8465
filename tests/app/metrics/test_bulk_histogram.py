import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from app.metrics.bulk_histogram import BulkHistogram

BUCKETS = (0.5, 1.0, 2.5)
VALUES = st.lists(st.sampled_from(BUCKETS) | st.integers(-8, 8).map(lambda eighths: eighths / 2), max_size=20)
"""Halves, so that sums are exact; some of them equal a bound."""


def bulk(*label_names):
    registry = CollectorRegistry()
    return registry, BulkHistogram("sizes", "What for.", label_names, buckets=BUCKETS, registry=registry)


def told(registry):
    lines = generate_latest(registry).decode().splitlines()
    return sorted(line for line in lines if "_created" not in line)


@given(batches=st.lists(st.tuples(st.sampled_from("ab"), VALUES), max_size=5))
def test_arrays_are_counted_as_their_values_are_one_by_one(batches):
    registry, histogram = bulk("model")
    expected = CollectorRegistry()
    plain = Histogram("sizes", "What for.", ["model"], buckets=BUCKETS, registry=expected)
    for model, values in batches:
        histogram.observe(np.array(values), model)
        plain.labels(model)
        for value in values:
            plain.labels(model).observe(value)
    assert told(registry) == told(expected)


def test_without_labels_there_is_a_series_from_the_beginning():
    registry, _ = bulk()
    expected = CollectorRegistry()
    Histogram("sizes", "What for.", buckets=BUCKETS, registry=expected)
    assert told(registry) == told(expected)


def test_nothing_is_lost_where_many_threads_count():
    registry, histogram = bulk("model")
    begin = threading.Barrier(8)

    def count():
        begin.wait()
        for _ in range(200):
            histogram.observe(np.ones(5), "a")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.get_sample_value("sizes_sum", {"model": "a"}) == 8 * 200 * 5
    assert registry.get_sample_value("sizes_bucket", {"model": "a", "le": "1.0"}) == 8 * 200 * 5
    assert registry.get_sample_value("sizes_bucket", {"model": "a", "le": "0.5"}) == 0
