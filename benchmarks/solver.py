"""How fast the released odenet answers: `python -m benchmarks.solver`.

Baseline: torchdiffeq's `odeint` around the same weights, with the time channel concatenated as in its examples, dopri5
at 1e-3, stem and head included. Beside it torchdiffeq around our own dynamics, which shows what of the gain is the
solver's. Median of several rounds, taken in turn; needs the recordings (CARDIODE_DATA).
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchdiffeq import odeint

from benchmarks.baseline import TOLERANCE, TorchdiffeqODENet
from models import AUTO, Classifier, Solver
from ode import Dynamics, integrate
from training.dataset import load_or_build
from training.mitdb import data_folder
from training.splits import random_split

BATCHES = (1, 16, 256)
ROUNDS = 15
MOST_BEATS = 4096
"""In one request."""


class Timed:
    """Dynamics, and the seconds spent in them."""

    def __init__(self, dynamics: Dynamics) -> None:
        self.dynamics = dynamics
        self.seconds = 0.0

    def __call__(self, t: Tensor, x: Tensor) -> Tensor:
        """The slope at each beat's own time."""
        started = time.perf_counter()
        slope = self.dynamics(t, x)
        self.seconds += time.perf_counter() - started
        return slope


def main() -> None:
    _, test = random_split(load_or_build(Path("runs/beats.npz"), data_folder()))
    drawn = np.random.default_rng(0).permutation(len(test))[:MOST_BEATS]
    beats = torch.from_numpy(test.values[drawn])
    classifier = Classifier.load("odenet")
    with torch.inference_mode():
        compare(classifier, beats)
        compare_auto(classifier, beats)
        outside(classifier, beats[: max(BATCHES)])


def compare(classifier: Classifier, beats: Tensor) -> None:
    network = classifier.network
    baseline = TorchdiffeqODENet(network)
    times = torch.tensor([0.0, 1.0])
    print(f"whole answers by dopri5 at {TOLERANCE:g}, {torch.get_num_threads()} threads, median of {ROUNDS} rounds\n")
    print("| batch | torchdiffeq (ms) | torchdiffeq, our dynamics (ms) | cardiode (ms) | torchdiffeq / cardiode |")
    print("|------:|-----------------:|-------------------------------:|--------------:|-----------------------:|")

    def folded(batch: Tensor) -> Tensor:
        state = odeint(
            lambda t, y: network.dynamics(t.expand(len(y)), y),
            network.stem(batch.unsqueeze(1)), times, rtol=TOLERANCE, atol=TOLERANCE,
        )[-1]  # fmt: skip
        return network.head(state).argmax(1)

    for size in BATCHES:
        batch = beats[:size]
        calls = {
            "concatenating": lambda batch=batch: baseline(batch).logits.argmax(1),
            "folded": lambda batch=batch: folded(batch),
            "cardiode": lambda batch=batch: network(batch, classifier.solver).logits.argmax(1),
        }
        labels = [call() for call in calls.values()]
        same = all(torch.equal(labels[0], other) for other in labels[1:])
        ms = medians(calls)
        print(
            f"| {size} | {ms['concatenating']:.1f} | {ms['folded']:.1f} | {ms['cardiode']:.1f} | "
            f"{ms['concatenating'] / ms['cardiode']:.2f} |" + ("" if same else " labels differ!"),
            flush=True,
        )


def compare_auto(classifier: Classifier, beats: Tensor) -> None:
    values = beats.numpy()
    calls = {
        "dopri5": lambda: classifier.classify(values),
        "auto": lambda: classifier.classify(values, Solver(AUTO)),
    }
    evaluations = {name: float(call().receipts.evaluations.mean()) for name, call in calls.items()}
    ms = medians(calls)
    print(f"\n| {len(beats)} beats by | evaluations a beat | ms | dopri5's ms / ms |")
    print("|---|---:|---:|---:|")
    for name, taken in ms.items():
        print(f"| {name} | {evaluations[name]:.1f} | {taken:.1f} | {ms['dopri5'] / taken:.2f} |")


def outside(classifier: Classifier, beats: Tensor) -> None:
    start = classifier.network.stem(beats.unsqueeze(1))
    timed = Timed(classifier.network.dynamics.prepared(start.shape[2]))
    shares = []
    for _ in range(ROUNDS):
        timed.seconds = 0.0
        started = time.perf_counter()
        integrate(timed, start, (0.0, 1.0), rtol=TOLERANCE, atol=TOLERANCE, first_step=1.0)
        shares.append(1 - timed.seconds / (time.perf_counter() - started))
    print(f"\ntime of integrate outside the dynamics, batch {len(beats)}: {statistics.median(shares):.1%}")


def medians(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Milliseconds of each call, the calls taken in turn."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(ROUNDS):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - started)
    return {name: 1000 * statistics.median(seconds) for name, seconds in taken.items()}


if __name__ == "__main__":
    main()
