"""What is said of confidence in words: a card's section."""

from training.measures.confidence import Confidence
from training.measures.reliability import BINS, expected_calibration_error
from training.table import table


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
