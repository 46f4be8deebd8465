"""How long a beat takes by `ode.integrate` against torchdiffeq, on the released odenet: `python -m benchmarks.solver`.

Baseline: torchdiffeq 0.2.5's `odeint` around the same dynamics, dopri5 at 1e-3. Median of several rounds, the two
taken in turn.
"""

import statistics
import time
from collections.abc import Callable

import torch
from torchdiffeq import odeint

from ecg import cut_annotated_beats
from ecg.synthetic import synthesize
from models import Classifier
from ode import integrate

BATCHES = (1, 16, 256)
ROUNDS = 7


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main() -> None:
    network = Classifier.load("odenet").network
    shares = {"S": 0.1, "V": 0.1, "F": 0.1, "Q": 0.1}
    values = torch.from_numpy(cut_annotated_beats(synthesize(300, ectopic=shares)).values)
    print(f"dopri5 at 1e-3, {torch.get_num_threads()} threads, median of {ROUNDS} rounds")
    print("| batch | torchdiffeq (ms) | ode.integrate (ms) | torchdiffeq / ode.integrate |")
    print("|------:|-----------------:|-------------------:|----------------------------:|")
    with torch.inference_mode():
        for batch in BATCHES:
            y0 = network.stem(values[:batch].unsqueeze(1))
            times = torch.tensor([0.0, 1.0])

            def theirs(y0=y0, times=times) -> object:
                dynamics = lambda t, y: network.dynamics(t.expand(len(y)), y)  # noqa: E731 - torchdiffeq's signature
                return odeint(dynamics, y0, times, rtol=1e-3, atol=1e-3)

            def ours(y0=y0) -> object:
                return integrate(network.dynamics, y0, (0.0, 1.0), rtol=1e-3, atol=1e-3)

            theirs(), ours()
            rounds = [(seconds(theirs), seconds(ours)) for _ in range(ROUNDS)]
            baseline, own = (1000 * statistics.median(column) for column in zip(*rounds, strict=True))
            print(f"| {batch} | {baseline:.1f} | {own:.1f} | {baseline / own:.2f} |")


if __name__ == "__main__":
    main()
