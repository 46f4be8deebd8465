"""What is reported of an evaluation, as commands print it and cards keep it."""

from ecg import LABELS, Label
from models import AUTO
from ode import find_method
from training.evaluation.evaluation import Evaluation
from training.measures.scores import BINS, Cell, Confidence, Score, expected_calibration_error
from training.table import table


def counts_table(parts: dict[str, dict[Label, int]]) -> str:
    """How many beats of each class each part has."""
    rows = [[name, *(f"{counts[label]:,}" for label in LABELS), f"{sum(counts.values()):,}"]
            for name, counts in parts.items()]  # fmt: skip
    return table(["beats", *LABELS, "all"], rows)


def evaluation_report(evaluation: Evaluation) -> str:
    """Everything that was evaluated."""
    parts = [score_table(evaluation.score)]
    if evaluation.confidence:
        parts.append(confidence_report(evaluation.confidence))
    if evaluation.sweep:
        parts.append(sweep_table(evaluation))
    if evaluation.grid:
        parts.append(grid_table(evaluation))
    return "\n\n".join(parts)


def confidence_report(confidence: Confidence) -> str:
    """How far confidence can be believed, and what each coverage brings."""
    error = expected_calibration_error(confidence.reliability)
    return f"expected calibration error {error:.4f}\n\n{coverage_table(confidence)}"


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


def confidence_section(confidence: Confidence, figure: str, fitted_on: str) -> list[str]:
    """The lines of a card, without a heading; `figure` is the file that is drawn of it."""
    lines = [
        f"Expected calibration error **{expected_calibration_error(confidence.reliability):.4f}**, over {BINS} bins of "
        f"equal width (Naeini et al. 2015). Probabilities were calibrated on {fitted_on}.",
        "",
    ]
    if confidence.coverages:
        lines += [
            "A request may ask it to answer a share of beats only, the surer ones; what confidence that needs was "
            "found on the same beats.",
            "",
            coverage_table(confidence),
            "",
        ]
    if confidence.unlike_training is not None:
        lines += [f"It calls {confidence.unlike_training:.2%} of the beats unlike training.", ""]
    return [*lines, f"![Reliability, and risk against coverage]({figure})", ""]


def coverage_table(confidence: Confidence) -> str:
    """What each coverage brings."""
    rows = [
        [f"{own.asked:.1%}", f"{own.answered:.1%}", "-" if own.risk is None else f"{own.risk:.2%}"]
        for own in confidence.coverages
    ]
    return table(["asked for", "answered", "of these wrong"], rows)
