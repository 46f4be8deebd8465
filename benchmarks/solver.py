"""How fast the released odenet answers: `python -m benchmarks.solver`.

Baseline: torchdiffeq's `odeint` around the same weights, with the time channel concatenated as in its examples, dopri5
at 1e-3, stem and head included. Beside it torchdiffeq around our own dynamics, which shows what of the gain is the
solver's. Median of several rounds, each of other beats, taken in turn; needs the recordings (CARDIODE_DATA).
"""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchdiffeq import odeint

from benchmarks import explain
from benchmarks.baseline import TOLERANCE, TorchdiffeqODENet
from models import AUTO, Classifier, Solver
from ode import Dynamics, integrate
from training.data.databases import data_folder
from training.data.dataset import load_or_build, random_split

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
    explain(__doc__)
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
    columns = ["batch", "torchdiffeq (ms)", "same, our dynamics (ms)", "cardiode (ms)", "torchdiffeq / cardiode"]
    columns.append("other labels")
    print(f"| {' | '.join(columns)} |\n|{' ---: |' * len(columns)}")

    def folded(batch: Tensor) -> Tensor:
        state = odeint(
            lambda t, y: network.dynamics(t.expand(len(y)), y),
            network.stem(batch.unsqueeze(1)), times, rtol=TOLERANCE, atol=TOLERANCE,
        )[-1]  # fmt: skip
        return network.head(state).argmax(1)

    for size in BATCHES:
        batches = torch.split(beats[: ROUNDS * size], size)
        calls: list[Callable[[Tensor], Tensor]] = [
            lambda batch: baseline(batch).logits.argmax(1),
            folded,
            lambda batch: network(batch, classifier.solver).logits.argmax(1),
        ]
        other = sum(int((calls[0](batch) != calls[2](batch)).sum()) for batch in batches)
        ms = medians(calls, batches)
        print(
            f"| {size} | {ms[0]:.1f} | {ms[1]:.1f} | {ms[2]:.1f} | {ms[0] / ms[2]:.2f} | {other} of {ROUNDS * size} |",
            flush=True,
        )


def compare_auto(classifier: Classifier, beats: Tensor) -> None:
    names = ("dopri5", "auto")
    solvers = (classifier.solver, Solver(AUTO))
    values = beats.numpy()
    evaluations = [float(classifier.classify(values, solver).receipts.evaluations.mean()) for solver in solvers]
    ms = medians(
        [lambda batch, s=solver: classifier.classify(batch.numpy(), s) for solver in solvers], [beats] * ROUNDS
    )
    print(f"\n| {len(beats)} beats by | evaluations a beat | ms | dopri5's ms / ms |")
    print("|---|---:|---:|---:|")
    for name, cost, taken in zip(names, evaluations, ms, strict=True):
        print(f"| {name} | {cost:.1f} | {taken:.1f} | {ms[0] / taken:.2f} |")


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


def medians(calls: Sequence[Callable[[Tensor], object]], batches: Sequence[Tensor]) -> list[float]:
    """Milliseconds of each call, over the batches; all are called with one batch before the next."""
    taken: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call(batches[0])
    for batch in batches:
        for call, own in zip(calls, taken, strict=True):
            started = time.perf_counter()
            call(batch)
            own.append(time.perf_counter() - started)
    return [1000 * statistics.median(seconds) for seconds in taken]


if __name__ == "__main__":
    main()
