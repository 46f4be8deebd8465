"""Writes the study of four networks into docs/study.md, from their checkpoints in docs/study, and draws its figure."""

import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from models import Checkpoint
from models.checkpoint import file as checkpoint
from training.commands.compare import comparison

PAGE = Path(__file__).parent / "study.md"
FOLDER = PAGE.with_suffix("")
NETWORKS = {
    "study_resnet": "ResNet",
    "study_rknet": "RK-Net (direct)",
    "study_odenet": "ODE-Net (adjoint)",
    "study_augmented": "augmented RK-Net",
}


def studied() -> list[Checkpoint]:
    """Their checkpoints."""
    return [checkpoint.load(FOLDER / f"{name}.safetensors") for name in NETWORKS]


def fill(text: str) -> str:
    """The page with the table put in place of the one that it has."""
    table, flags = comparison(studied()), re.DOTALL | re.MULTILINE
    filled, count = re.subn(r"^\| +\| *study_resnet.*?(?=\n\n)", lambda _: table, text, count=1, flags=flags)
    if not count:
        raise ValueError(f"got {PAGE.name} without the table that begins with study_resnet; put its first line back")
    return filled


def draw(checkpoints: Sequence[Checkpoint], file: Path) -> None:
    """How each learns, and what its solves cost meanwhile."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.6), layout="constrained")
    for one, color in zip(checkpoints, ("gray", "C0", "C1", "C2"), strict=True):
        history, name = one.info.history, NETWORKS[one.info.name]
        epochs = [epoch["epoch"] for epoch in history]
        left.plot(epochs, [epoch["validation_macro_f1"] for epoch in history], marker=".", color=color, label=name)
        if one.info.architecture.solver:
            right.plot(epochs, [epoch["evaluations"] for epoch in history], marker=".", color=color, label=name)
    left.set_ylabel("macro-F1 of validation beats")
    right.set_ylabel("evaluations a training beat")
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    right.set_ylim(bottom=0)
    figure.savefig(file, dpi=110, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    PAGE.write_text(fill(PAGE.read_text()))
    draw(studied(), PAGE.with_suffix(".png"))
