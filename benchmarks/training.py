"""How long a step and an epoch of training take: `python -m benchmarks.training`.

Baseline: torchdiffeq as its examples use it, dopri5 at 1e-3 and its adjoint, batches of 128. Beside it the recipe
`odenet_seed`, torchdiffeq again, but with our faster dynamics and with steps chosen to suit it. A step is forward,
backward and optimiser; steps of all are taken in turn, the same beats in each. All as training
begins, with fresh weights, and as it ends, with those that were released. An epoch is what a step takes times the steps
of an epoch. Needs the recordings (CARDIODE_DATA).
"""

import statistics
import time
from pathlib import Path

import torch
from tqdm import tqdm

from benchmarks import explain
from benchmarks.baseline import TorchdiffeqODENet
from models import Classifier
from training.data.databases import data_folder
from training.data.dataset import load_or_build, split
from training.learning.loop import Trainer
from training.learning.recipe import read_recipe

STEPS = 8
BATCH = 128
BASELINE = "torchdiffeq"
BY_RK4 = (
    "cycles=[{epochs=1, learning_rate=3e-3}]",
    "training_solver={method='rk4', rtol=0.1, atol=0.1, step=0.5}",
)
"""Two steps, whose gradient `benchmarks/gradients.py` finds truer than the baseline's."""


def main() -> None:
    explain(__doc__)
    parts = split(load_or_build(Path("runs/beats.npz"), data_folder()), "random")
    released = Classifier.load("odenet").network.state_dict()
    cases = {
        BASELINE: read_recipe("odenet_seed", []),
        "odenet_seed": read_recipe("odenet_seed", []),
        f"odenet, batch {BATCH}": read_recipe("odenet", [f"batch_size={BATCH}"]),
        "odenet": read_recipe("odenet", []),
        f"odenet by rk4, batch {BATCH}": read_recipe("odenet", [f"batch_size={BATCH}", *BY_RK4]),
    }
    print(f"{torch.get_num_threads()} threads, median of {STEPS} steps, weights fresh and as released\n")
    print("| recipe | weights | batch | evaluations | s a step | s an epoch | torchdiffeq's epoch / epoch |")
    print("|--------|---------|------:|------------:|---------:|-----------:|----------------------------:|")
    for weights in ("fresh", "released"):
        trainers = {name: Trainer(recipe, parts, torch.device("cpu")) for name, recipe in cases.items()}
        for trainer in trainers.values():
            if weights == "released":
                trainer.network.load_state_dict(released)
            trainer.network.train()
        baseline = TorchdiffeqODENet(trainers[BASELINE].network)
        trainers[BASELINE].network = baseline  # the same weights, which its optimiser knows
        taken: dict[str, list[float]] = {name: [] for name in cases}
        evaluations: dict[str, list[float]] = {name: [] for name in cases}
        for number in tqdm(range(1 + STEPS), desc=f"steps, {weights}", unit="round", disable=None):
            for name, trainer in trainers.items():
                places = torch.arange(trainer.recipe.batch_size) + number * BATCH
                started = time.perf_counter()
                baseline.dynamics.evaluations = 0
                _, _, cost = trainer.step(trainer.values[places], trainer.labels[places])
                if number:  # the first warms up
                    taken[name].append(time.perf_counter() - started)
                    evaluations[name].append(baseline.dynamics.evaluations if name == BASELINE else cost)
        epochs = {name: statistics.median(taken[name]) * trainers[name].batches for name in cases}
        for name, trainer in trainers.items():
            print(
                f"| {name} | {weights} | {trainer.recipe.batch_size} | {statistics.mean(evaluations[name]):.1f} | "
                f"{statistics.median(taken[name]):.3f} | {epochs[name]:.0f} | "
                f"{epochs[BASELINE] / epochs[name]:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
