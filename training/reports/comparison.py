"""Checkpoints side by side: what they reach and what they cost, as `cardiode compare` prints it."""

from collections.abc import Sequence
from dataclasses import dataclass

from models import Checkpoint, CheckpointInfo
from training.evaluation.depth import depth_cost
from training.table import table


@dataclass(frozen=True)
class Reached:
    """What the card of a checkpoint states first: the `beats` that it was scored on, its accuracy and its macro-F1."""

    beats: str
    accuracy: float
    macro_f1: float


def comparison_table(checkpoints: Sequence[Checkpoint], reached: Sequence[Reached]) -> str:
    """A column for each checkpoint, with what it reached.

    Evaluations are those of a training beat in the epoch that was the last. The memory of the gradient is measured now
    (`training.evaluation.depth`); peak memory is that of the whole process that trained it.
    """
    infos = [checkpoint.info for checkpoint in checkpoints]
    costs = [depth_cost(checkpoint) for checkpoint in checkpoints]
    rows = [
        ["test beats", *(own.beats for own in reached)],
        ["accuracy", *(f"{own.accuracy:.2%}" for own in reached)],
        ["macro-F1", *(f"{own.macro_f1:.4f}" for own in reached)],
        ["parameters", *(f"{info.figures['parameters']:,}" for info in infos)],
        ["evaluations a beat", *(_evaluations(info) for info in infos)],
        ["kept for a beat's gradient (kB)", *(f"{cost.kept / 1e3:,.0f}" for cost in costs)],
        ["for a block or evaluation more (kB)", *(_kilobytes(cost.a_layer) for cost in costs)],
        ["minutes an epoch", *(f"{info.figures['minutes_an_epoch']:.1f}" for info in infos)],
        ["epochs", *(str(len(info.history)) for info in infos)],
        ["peak memory (MB)", *(f"{info.figures['peak_memory_mb']:,.0f}" for info in infos)],
    ]
    return table(["", *(info.name for info in infos)], rows)


def _evaluations(info: CheckpointInfo) -> str:
    return f"{info.history[-1]['evaluations']:.1f}" if info.architecture.solver else "none"


def _kilobytes(size: float | None) -> str:
    return "not measured" if size is None else f"{size / 1e3:,.0f}"
