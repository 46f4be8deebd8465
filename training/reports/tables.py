"""Tables of what was trained and evaluated, as the commands print them and cards keep them."""

from ecg import LABELS, Label
from models import AUTO
from ode import find_method
from training.evaluation.evaluation import Evaluation
from training.measures.grid import Cell
from training.measures.label_scores import Score
from training.table import table


def counts_table(parts: dict[str, dict[Label, int]]) -> str:
    """How many beats of each class each part has."""
    rows = [[name, *(f"{counts[label]:,}" for label in LABELS), f"{sum(counts.values()):,}"]
            for name, counts in parts.items()]  # fmt: skip
    return table(["beats", *LABELS, "all"], rows)


def score_table(score: Score) -> str:
    """Precision, recall and F1 of each class."""
    rows = [
        [label, f"{of_class.precision:.4f}", f"{of_class.recall:.4f}", f"{of_class.f1:.4f}", f"{of_class.beats:,}"]
        for label, of_class in score.classes.items()
    ]
    return table(["class", "precision", "recall", "F1", "beats"], rows)


def sweep_table(evaluation: Evaluation) -> str:
    """Accuracy and cost at each tolerance."""
    rows = [
        [
            AUTO if point.setting is None else f"{point.setting:.0e}",
            f"{point.accuracy:.2%}",
            f"{point.macro_f1:.4f}",
            f"{point.evaluations:.1f}",
            f"{point.agreement:.2%}",
            f"{point.seconds:.1f}",
        ]
        for point in evaluation.sweep
    ]
    header = ["rtol = atol", "accuracy", "macro-F1", "evaluations a beat", "same label as at 1e-06", "seconds"]
    return table(header, rows)


def grid_table(evaluation: Evaluation) -> str:
    """Accuracy, agreement and cost of every method at every setting."""
    rows = [
        [
            cell.method,
            _setting(cell),
            f"{cell.accuracy:.2%}",
            f"{cell.agreement:.2%}",
            f"{cell.evaluations:.1f}",
            f"{cell.milliseconds:.2f}",
        ]
        for cell in evaluation.grid
    ]
    return table(["method", "setting", "accuracy", "same label as at 1e-06", "evaluations", "ms a beat"], rows)


def _setting(cell: Cell) -> str:
    if find_method(cell.method).takes_step:
        return "step 1" if cell.setting == 1 else f"step 1/{1 / cell.setting:g}"
    return f"tolerance {cell.setting:.0e}"
