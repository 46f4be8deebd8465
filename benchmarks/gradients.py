"""How true a gradient of the ODENet is, and what it costs: `python -m benchmarks.gradients`.

Each gradient mode at each tolerance, on the released odenet and 32 training beats, against the reference: the
checkpointed gradient in 64-bit floats at 1e-8. Baseline of the costs: torchdiffeq's adjoint at the same tolerance.
Median of several rounds. Needs the recordings (CARDIODE_DATA).
"""

import statistics
import time
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from models import Classifier, Solver
from ode import Gradient
from training.dataset import load_or_build
from training.mitdb import data_folder
from training.splits import random_split

BEATS = 32
ROUNDS = 5
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4)


def main() -> None:
    train, _ = random_split(load_or_build(Path("runs/beats.npz"), data_folder()))
    chosen = np.random.default_rng(0).permutation(len(train))[:BEATS]
    beats, labels = torch.from_numpy(train.values[chosen]), torch.from_numpy(train.labels[chosen])
    network = Classifier.load("odenet").network.double().train()
    tight = Solver(rtol=1e-8, atol=1e-8, max_evaluations=1_000_000)
    reference, evaluations, _ = measure(network, beats.double(), labels, "checkpointed", tight, rounds=1)
    print(f"reference: {evaluations:,.0f} evaluations forward")
    network.float()
    print(f"{BEATS} beats, dopri5, {torch.get_num_threads()} threads, median of {ROUNDS} rounds\n")
    print("| tolerance | gradient | error | cosine | evaluations forward | ms | torchdiffeq's ms / ms |")
    print("|----------:|----------|------:|-------:|--------------------:|---:|----------------------:|")
    for tolerance in tqdm(TOLERANCES, desc="gradients", unit="tolerance", disable=None):
        solver = Solver(rtol=tolerance, atol=tolerance)
        rows = {mode: measure(network, beats, labels, mode, solver, ROUNDS) for mode in get_args(Gradient)}
        baseline = rows["torchdiffeq"][2]
        for mode, (gradient, evaluations, ms) in rows.items():
            difference = gradient.double() - reference
            error = float(difference.norm() / reference.norm())
            cosine = float(F.cosine_similarity(gradient.double(), reference, dim=0))
            cells = [f"{tolerance:.0e}", mode, f"{error:.3f}", f"{cosine:.4f}", f"{evaluations:.1f}", f"{ms:.0f}"]
            print("| " + " | ".join([*cells, f"{baseline / ms:.2f}"]) + " |", flush=True)


def measure(
    network: torch.nn.Module, beats: Tensor, labels: Tensor, mode: str, solver: Solver, rounds: int
) -> tuple[Tensor, float, float]:
    """The gradient of all parameters, the mean evaluations forward, and the milliseconds of both ways."""
    network.gradient = mode
    taken = []
    for _ in range(rounds):
        network.zero_grad()
        started = time.perf_counter()
        output = network(beats, solver)
        F.cross_entropy(output.logits, labels).backward()
        taken.append(time.perf_counter() - started)
    gradient = torch.cat([parameter.grad.flatten() for parameter in network.parameters()])
    return gradient, float(output.solution.evaluations.double().mean()), 1000 * statistics.median(taken)


if __name__ == "__main__":
    main()
