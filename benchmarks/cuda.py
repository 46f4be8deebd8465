"""How fast the released odenet answers on a GPU: `python -m benchmarks.cuda`.

Baseline: torchdiffeq's `odeint` on the same GPU, around the same weights with the time channel concatenated. Against it
`ode.integrate` with the dynamics as they are, compiled, and compiled under bfloat16 autocast. Says so where there is no
GPU. Synthetic beats; median of several rounds, taken in turn.
"""

import sys
from functools import partial

import torch
from torch import Tensor
from torchdiffeq import odeint

from benchmarks import explain
from benchmarks.baseline import TOLERANCE, ConcatenatingDynamics
from benchmarks.solver import ROUNDS, medians
from ecg import cut_annotated_beats
from ecg.synthetic import synthesize
from models import Classifier
from ode import Dynamics, integrate

BATCHES = (1, 16, 256, 4096)


def main() -> int:
    explain(__doc__)
    if not torch.cuda.is_available():
        print("no CUDA device here: nothing measured")
        return 0
    device = torch.device("cuda")
    network = Classifier.load("odenet").network.to(device)
    values = torch.from_numpy(cut_annotated_beats(synthesize(4000, ectopic={"V": 0.2, "S": 0.2})).values).to(device)
    beats = values.repeat(-(-max(BATCHES) // len(values)), 1)
    times = torch.tensor([0.0, 1.0], device=device)
    concatenating = ConcatenatingDynamics(network.dynamics)
    compiled = torch.compile(network.dynamics, dynamic=True)

    def solve(f: Dynamics, start: Tensor, autocast: bool) -> Tensor:
        with torch.autocast("cuda", torch.bfloat16, enabled=autocast):
            state = integrate(f, start, (0.0, 1.0), rtol=TOLERANCE, atol=TOLERANCE, first_step=1.0).states
        torch.cuda.synchronize()
        return state

    def baseline(start: Tensor) -> Tensor:
        state = odeint(concatenating, start, times, rtol=TOLERANCE, atol=TOLERANCE)[-1]
        torch.cuda.synchronize()
        return state

    print(f"{torch.cuda.get_device_name()}, dopri5 at {TOLERANCE:g}, the solve alone\n")
    print("| batch | by | ms | torchdiffeq's ms / ms | labels as torchdiffeq's |")
    print("|------:|----|---:|----------------------:|------------------------:|")
    with torch.inference_mode():
        for size in BATCHES:
            start = network.stem(beats[:size].unsqueeze(1))
            calls = {
                "torchdiffeq": baseline,
                "cardiode": partial(solve, network.dynamics.prepared(start.shape[2]), autocast=False),
                "cardiode, compiled": partial(solve, compiled, autocast=False),
                "cardiode, compiled, bfloat16": partial(solve, compiled, autocast=True),
            }
            labels = [network.head(call(start).float()).argmax(1) for call in calls.values()]
            ms = medians(list(calls.values()), [start] * ROUNDS)
            for name, own, taken in zip(calls, labels, ms, strict=True):
                same = float((own == labels[0]).float().mean())
                print(f"| {size} | {name} | {taken:.2f} | {ms[0] / taken:.2f} | {same:.2%} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
