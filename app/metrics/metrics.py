"""What the service counts, for Prometheus to scrape."""

import platform
import threading
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.metadata import version

import numpy as np
from jaxtyping import Float32
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from app.metrics.bulk_histogram import BulkHistogram
from app.metrics.workers import WorkerMetrics
from ecg import BEAT_FS, LABELS, unpadded_lengths
from models import REASONS, AnnotatedBeats, Decisions, ModelIdentity, Reason

Decided = tuple[Float32[np.ndarray, "_ 187"], Decisions]
"""Beats, and what was decided on them."""

FAILED = "none"
"""The label that counts beats whose solve failed."""

WATCHED = ("busy", "internal", "too_late", "worker_lost")
"""Kinds of error that are counted from 0 on: an alarm would miss the first of a series that begins with it."""

TOGETHER = 256
"""Beats that are counted at once at the latest: so many cost little more than one."""


class Metrics:
    """The counters of one service, in a registry of their own."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.registry = registry
        self._lock = threading.Lock()
        self._uncounted: dict[str, list[Decided]] = {}
        """By model, what was decided and is not counted yet."""
        self._waiting = 0
        """Beats of it."""
        registry.register(_Before(self._count_all))
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "cardiode_http_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self.in_progress = Gauge(
            "cardiode_http_requests_in_progress", "Requests being answered right now.", registry=registry
        )
        self.request_seconds = Histogram(
            "cardiode_http_request_duration_seconds",
            "Seconds from a request to its answer.",
            ["method", "route", "status"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=registry,
        )
        # To find them by their labels takes longer than to count.
        self._of_answers = cache(lambda *labels: (self.requests.labels(*labels), self.request_seconds.labels(*labels)))
        self.beats = Counter("cardiode_beats", "Beats classified.", ["label", "model"], registry=registry)
        self.abstentions = Counter(
            "cardiode_abstentions", "Beats that a model abstained on.", ["reason", "model"], registry=registry
        )
        self.confidences = BulkHistogram(
            "cardiode_confidence",
            "Probability of the likeliest class a beat.",
            ["model"],
            buckets=(0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999),
            registry=registry,
        )
        self.evaluations = BulkHistogram(
            "cardiode_solver_evaluations",
            "Evaluations of the dynamics a beat.",
            ["model"],
            buckets=(8, 14, 20, 26, 32, 44, 62, 98, 152, 302, 1002, 10_000),
            registry=registry,
        )
        self.beat_seconds = BulkHistogram(
            "cardiode_beat_length_seconds",
            "Seconds that a beat was long before zeros were added: 1.2 R-R intervals, or what a beat has room for.",
            buckets=(0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.49),
            registry=registry,
        )
        self.beat_means = BulkHistogram(
            "cardiode_beat_mean",
            "Mean of a beat before zeros were added: of samples in 0 to 1.",
            buckets=(0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8),
            registry=registry,
        )
        self.queued_beats = Gauge(
            "cardiode_queued_beats", "Beats of requests and live signals that wait to be solved.", registry=registry
        )
        self.most_queued_beats = Gauge(
            "cardiode_queued_beats_max", "Beats that may wait to be solved.", registry=registry
        )
        self.batch_beats = Histogram(
            "cardiode_batch_beats",
            "Beats that were solved together.",
            ["model"],
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
            registry=registry,
        )
        self.batch_wait_seconds = Histogram(
            "cardiode_batch_wait_seconds",
            "Seconds that a request waited until the first of its beats was solved.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
            registry=registry,
        )
        self.workers = WorkerMetrics(registry)
        self.worker_replacements = Counter(
            "cardiode_worker_replacements",
            "Processes that solve, which had ended or were stuck and were replaced.",
            registry=registry,
        )
        self.recordings = Counter("cardiode_recordings", "Recordings annotated.", ["model"], registry=registry)
        self.streams = Gauge("cardiode_streams_in_progress", "Live streams that are open right now.", registry=registry)
        self.errors = Counter("cardiode_errors", "Requests refused or failed.", ["kind"], registry=registry)
        self.build = Gauge("cardiode_build_info", "The program's version.", ["version", "python"], registry=registry)
        self.model = Gauge(
            "cardiode_model_info", "The models that are served.", ["name", "version", "sha256"], registry=registry
        )
        self.reloads = Counter(
            "cardiode_model_reloads", "Times that the models were read anew.", ["outcome"], registry=registry
        )
        self.shadow_beats = Counter(
            "cardiode_shadow_beats", "Beats that a shadow decided on too.", ["model", "shadow"], registry=registry
        )
        self.shadow_disagreements = Counter(
            "cardiode_shadow_disagreements",
            "Beats that a shadow labelled otherwise.",
            ["model", "shadow", "label", "shadow_label"],
            registry=registry,
        )
        self.shadow_failures = Counter(
            "cardiode_shadow_failures",
            "Requests that a shadow did not decide on.",
            ["model", "shadow", "kind"],
            registry=registry,
        )
        self.build.labels(version=version("cardiode"), python=platform.python_version()).set(1)
        for kind in WATCHED:
            self.errors.labels(kind=kind)

    def show_models(self, served: Iterable[ModelIdentity], removed: Iterable[ModelIdentity] = ()) -> None:
        """Say what is served now, and no longer what was removed."""
        for identity in served:
            self.model.labels(**vars(identity)).set(1)
        for identity in removed:
            self.model.remove(identity.name, identity.version, identity.sha256)

    def count_shadowed(self, model: str, decisions: Decisions, shadow: str, said: Decisions) -> None:
        """Count the beats that a shadow decided on too, and those that it labelled otherwise."""
        self.shadow_beats.labels(model=model, shadow=shadow).inc(len(said))
        pairs = Counts(zip(decisions.labels.tolist(), said.labels.tolist(), strict=True))
        for (label, other), beats in pairs.items():
            if label != other:
                names = {"label": _label(label), "shadow_label": _label(other)}
                self.shadow_disagreements.labels(model=model, shadow=shadow, **names).inc(beats)

    def count_annotated(self, model: str, beats: AnnotatedBeats) -> None:
        """Count the beats of a part of a recording, those that cannot be judged among the abstentions alone."""
        good = beats.found.good
        if beats.decisions is not None:
            self.count(model, beats.found.values[good], beats.decisions)
        self._abstained(model, "poor_signal", int(np.count_nonzero(~good)))

    def count(self, model: str, beats: Float32[np.ndarray, "beat 187"], decisions: Decisions) -> None:
        """Count beats that were decided on: when there are some more, or somebody reads the metrics."""
        with self._lock:
            self._uncounted.setdefault(model, []).append((beats, decisions))
            self._waiting += len(decisions)
            enough = self._waiting >= TOGETHER
        if enough:
            self._count_all()

    def _count_all(self) -> None:
        with self._lock:
            for model, decided in self._uncounted.items():
                self._count_of(model, decided)
            self._uncounted.clear()
            self._waiting = 0

    def _count_of(self, model: str, together: Sequence[Decided]) -> None:
        beats, decisions = zip(*together, strict=True)
        self._count_inputs(np.concatenate(beats))
        reasons = Counts(reason for decided in decisions for reason in decided.reasons)
        for reason in REASONS:
            self._abstained(model, reason, reasons[reason])
        labels = np.concatenate([decided.labels for decided in decisions])
        for label, count in zip((FAILED, *LABELS), np.bincount(labels + 1, minlength=1 + len(LABELS)), strict=True):
            if count:
                self.beats.labels(label=label, model=model).inc(int(count))
        self.confidences.observe(np.concatenate([decided.confidences for decided in decisions])[labels >= 0], model)
        receipts = [decided.receipts.evaluations for decided in decisions if decided.receipts is not None]
        if receipts:
            self.evaluations.observe(np.concatenate(receipts), model)

    def _count_inputs(self, beats: Float32[np.ndarray, "beat 187"]) -> None:
        lengths = unpadded_lengths(beats)
        self.beat_seconds.observe(lengths / BEAT_FS)
        self.beat_means.observe(beats.sum(axis=1) / np.maximum(lengths, 1))

    def _abstained(self, model: str, reason: Reason, beats: int) -> None:
        if beats:
            self.abstentions.labels(reason=reason, model=model).inc(beats)

    def count_answer(self, method: str, route: str, status: str, seconds: float) -> None:
        """Count a request that was answered; methods and routes must be those there are, not what a stranger says."""
        requests, durations = self._of_answers(method, route, status)
        requests.inc()
        durations.observe(seconds)

    def exposition(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self.registry)


class _Before(Collector):
    """Does something before a registry collects what was registered later."""

    def __init__(self, do: Callable[[], None]) -> None:
        self.do = do

    def collect(self) -> Iterable[Metric]:
        """Nothing of its own."""
        self.do()
        return ()


def _label(place: int) -> str:
    """What beats of this label are counted as; a solve that failed has the place -1."""
    return FAILED if place < 0 else LABELS[place]
