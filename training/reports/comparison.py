"""Checkpoints side by side: what they reach and what they cost, as `python -m training compare` prints it."""

from collections.abc import Sequence

from models import Checkpoint, CheckpointInfo
from training.evaluation.depth import depth_cost
from training.measures.label_scores import score_of
from training.table import table


def comparison_table(checkpoints: Sequence[Checkpoint]) -> str:
    """A column for each. Those of whole recordings are told by patients left out.

    Evaluations are those of a training beat in the epoch that was the last. The memory of the gradient is measured now
    (`training.evaluation.depth`); peak memory is that of the whole process that trained it.
    """
    infos = [checkpoint.info for checkpoint in checkpoints]
    reached = [_reached(info) for info in infos]
    costs = [depth_cost(checkpoint) for checkpoint in checkpoints]
    rows = [
        ["test beats", *(beats for beats, _, _ in reached)],
        ["accuracy", *(f"{accuracy:.2%}" for _, accuracy, _ in reached)],
        ["macro-F1", *(f"{macro_f1:.4f}" for _, _, macro_f1 in reached)],
        ["parameters", *(f"{info.figures['parameters']:,}" for info in infos)],
        ["evaluations a beat", *(_evaluations(info) for info in infos)],
        ["kept for a beat's gradient (kB)", *(f"{cost.kept / 1e3:,.0f}" for cost in costs)],
        ["for a block or evaluation more (kB)", *(_kilobytes(cost.a_layer) for cost in costs)],
        ["minutes an epoch", *(f"{info.figures['minutes_an_epoch']:.1f}" for info in infos)],
        ["epochs", *(str(len(info.history)) for info in infos)],
        ["peak memory (MB)", *(f"{info.figures['peak_memory_mb']:,.0f}" for info in infos)],
    ]
    return table(["", *(info.name for info in infos)], rows)


def _reached(info: CheckpointInfo) -> tuple[str, float, float]:
    """The beats that it was scored on, its accuracy and its macro-F1."""
    if out_of_fold := info.figures.get("out_of_fold"):
        reached = score_of(out_of_fold)
        return "left out of training", reached.accuracy, reached.macro_f1
    return str(info.recipe["split"]).replace("_", "-"), info.figures["test_accuracy"], info.figures["test_macro_f1"]


def _evaluations(info: CheckpointInfo) -> str:
    return f"{info.history[-1]['evaluations']:.1f}" if info.architecture.solver else "none"


def _kilobytes(size: float | None) -> str:
    return "not told" if size is None else f"{size / 1e3:,.0f}"
