"""How true a gradient of the ODENet is, and what it costs: `python -m benchmarks.gradients`.

Each gradient mode at each tolerance, on the released odenet and 32 training beats, against the reference: the
checkpointed gradient in 64-bit floats at 1e-9. Then what the recipe trains with, one step over the whole interval, the
same with two, rk4 with two steps, and torchdiffeq as its examples use it. Baseline of the costs: torchdiffeq's adjoint
at the same tolerance, around our dynamics. Time is the median of several rounds; peak memory is how much a process of
its own grew by. Draws `benchmarks/memory.png`. Needs the recordings (CARDIODE_DATA).
"""

import multiprocessing
import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from benchmarks import explain
from benchmarks.baseline import TOLERANCE, TorchdiffeqODENet
from models import Classifier, Solver
from ode import Gradient
from training.data.databases import data_folder
from training.data.dataset import load_or_build, random_split
from training.learning.recipe import read_recipe

BEATS = 32
ROUNDS = 5
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
EXAMPLES = "torchdiffeq, as in its examples"
FIGURE = Path(__file__).parent / "memory.png"


@dataclass(frozen=True)
class Row:
    """One mode with one solver."""

    name: str
    mode: str
    solver: Solver
    error: float
    cosine: float
    evaluations: float
    ms: float
    peak_mb: float


def main() -> None:
    explain(__doc__)
    beats, labels = training_beats()
    network = Classifier.load("odenet").network.double().train()
    tight = Solver(rtol=1e-9, atol=1e-9, max_evaluations=1_000_000)
    reference, evaluations, _ = measure(network, beats.double(), labels, "checkpointed", tight, rounds=1)
    print(f"reference: {evaluations:,.0f} evaluations forward")
    network.float()
    recipe = read_recipe("odenet", [])
    solver = recipe.training_solver
    mode = recipe.architecture.gradient
    cases = [(mode, mode, Solver(rtol=tol, atol=tol)) for tol in TOLERANCES for mode in get_args(Gradient)]
    cases.append(("recipe: one step, direct", mode, solver))
    cases.append(("two steps, direct", mode, replace(solver, first_step=0.5)))
    cases.append(("rk4, two steps, direct", mode, replace(solver, method="rk4", first_step=None, step=0.5)))
    cases.append((EXAMPLES, "torchdiffeq", Solver(rtol=TOLERANCE, atol=TOLERANCE)))
    rows = []
    for name, mode, solver in tqdm(cases, desc="gradients", unit="case", disable=None):
        asked = TorchdiffeqODENet(network) if name == EXAMPLES else network
        gradient, evaluations, ms = measure(asked, beats, labels, mode, solver, ROUNDS)
        error = float((gradient.double() - reference).norm() / reference.norm())
        cosine = float(F.cosine_similarity(gradient.double(), reference, dim=0))
        peak = float("nan") if name == EXAMPLES else peak_memory_mb(mode, solver, beats, labels)
        rows.append(Row(name, mode, solver, error, cosine, evaluations, ms, peak))
    report(rows)
    draw_memory([row for row in rows if row.name == row.mode])


def training_beats() -> tuple[Tensor, Tensor]:
    train, _ = random_split(load_or_build(Path("runs/beats.npz"), data_folder()))
    chosen = np.random.default_rng(0).permutation(len(train))[:BEATS]
    return torch.from_numpy(train.values[chosen]), torch.from_numpy(train.labels[chosen])


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
    evaluations = float("nan") if output.solution is None else float(output.solution.cost.evaluations.double().mean())
    return gradient, evaluations, 1000 * statistics.median(taken)


def peak_memory_mb(mode: str, solver: Solver, beats: Tensor, labels: Tensor) -> float:
    """How much a fresh process grows by while it takes one gradient."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_growth_mb, (mode, solver, beats.numpy(), labels.numpy()))


def _growth_mb(mode: str, solver: Solver, beats: np.ndarray, labels: np.ndarray) -> float:
    values, classes = torch.from_numpy(beats), torch.from_numpy(labels)
    network = Classifier.load("odenet").network.train()
    measure(network, values[:1], classes[:1], mode, solver, rounds=1)  # what libraries keep
    before = _status_mb("VmRSS")
    measure(network, values, classes, mode, solver, rounds=1)
    return _status_mb("VmHWM") - before


def _status_mb(entry: str) -> float:
    """Of this process, as Linux reports it; unlike `ru_maxrss` its peak is not that of the process that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith(entry)).split()[1]) / 1024


def report(rows: list[Row]) -> None:
    baselines = {row.solver.rtol: row.ms for row in rows if row.name == "torchdiffeq"}
    print(f"{BEATS} beats, dopri5, {torch.get_num_threads()} threads, median of {ROUNDS} rounds\n")
    print("| tolerance | gradient | error | cosine | evaluations | ms | peak memory (MB) | torchdiffeq's ms / ms |")
    print("|----------:|----------|------:|-------:|------------:|---:|-----------------:|----------------------:|")
    for row in rows:
        cells = [
            f"{row.solver.rtol:.0e}", row.name, f"{row.error:.3f}", f"{row.cosine:.4f}", f"{row.evaluations:.1f}",
            f"{row.ms:.0f}", f"{row.peak_mb:.0f}", f"{baselines[row.solver.rtol] / row.ms:.2f}",
        ]  # fmt: skip
        print("| " + " | ".join(cells) + " |")


def draw_memory(rows: list[Row]) -> None:
    """Peak memory against the evaluations of the way there: flat for an adjoint, rising for what keeps its steps."""
    figure, axes = plt.subplots(figsize=(6.4, 4), layout="constrained")
    for mode in get_args(Gradient):
        own = [row for row in rows if row.mode == mode]
        axes.plot([row.evaluations for row in own], [row.peak_mb for row in own], marker="o", label=mode)
    axes.set_xlabel("evaluations a beat on the way there")
    axes.set_ylabel("peak memory of one gradient (MB)")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(FIGURE, dpi=110)


if __name__ == "__main__":
    main()
