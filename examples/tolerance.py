"""The dial of a network that is an equation: `python -m examples.tolerance`.

    |error of a step| <= atol + rtol |y|

Chen et al., "Neural ordinary differential equations" (2018), section 3, "Error control in ODE-Nets", and figures 3a and
3b, for a network that is trained: whoever asks it sets the tolerance, and gets an answer that is so true and so dear.
The solver makes its steps as long as the tolerance lets it (Hairer, Norsett and Wanner 1993, equations II.4.10 to 13).
The released `odenet` reads beats of a synthetic recording at several tolerances (rtol = atol), by every adaptive method
and by its own "auto", and is held against a solve as tight as float32 allows.

It was trained to be easy to solve in one step, so at 1e-1 and 1e-2 one is all that a method of order 3 or more
takes, and nearly all labels are right already. From there on each digit costs more evaluations, and time goes with
them. Order hardly helps: f has kinks (ReLU), and at 1e-6 dopri8 costs more than dopri5.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float32
from matplotlib.figure import Figure

from ecg import Label
from ecg.beats import cut_annotated_beats
from ecg.synthetic import synthesize
from examples.presentation import ask, panels, save, tabulate
from models import AUTO, Classifier, Decisions, Solver

MARKERS = {"heun_euler": "o", "bosh3": "s", "dopri5": "^", "tsit5": "v", "dopri8": "d", AUTO: "*"}
"""How each method is drawn. Only the last is deaf to the tolerance."""
METHODS = tuple(MARKERS)
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
STANDARD = Solver("dopri5", 1e-3, 1e-3, first_step=1.0)
"""How the network is solved where nobody says otherwise; the unit of time here."""
TIGHT = Solver("dopri5", 1e-8, 1e-8, max_evaluations=20_000)
RATE = 75.0
"""Beats a minute."""
ECTOPIC: dict[Label, float] = {"S": 0.15, "V": 0.15, "F": 0.15, "Q": 0.15}


@dataclass(frozen=True)
class Size:
    """How many beats are read."""

    beats: int = 256


SMALLEST, DEFAULT, FULL = Size(32), Size(), Size(2048)


@dataclass(frozen=True)
class Setting:
    """A method at a tolerance, and how it answered.

    `evaluations` are a beat's, on average. `time` is processor time, in units of the standard setting's. `error` is how
    far the furthest of a beat's probabilities is from the tight solve's, on average; `others` is the share of beats
    that get another label than by the tight solve.
    """

    method: str
    tolerance: float
    evaluations: float
    time: float
    error: float
    others: float


def study(size: Size) -> list[Setting]:
    """Turn the dial through all that it has."""
    classifier, beats = Classifier.load("odenet"), synthesize_beats(size.beats)
    tight, _ = read(classifier, beats, TIGHT)
    _, unit = read(classifier, beats, STANDARD)
    settings = []
    for method, tolerance in product(METHODS, TOLERANCES):
        solver = replace(STANDARD, method=method, rtol=tolerance, atol=tolerance)
        decisions, seconds = read(classifier, beats, solver)
        error = np.abs(decisions.probabilities - tight.probabilities).max(axis=1).mean().item()
        others = (decisions.labels != tight.labels).mean().item()
        evaluations = decisions.receipts.evaluations.mean().item() if decisions.receipts else 0.0
        settings.append(Setting(method, tolerance, evaluations, seconds / unit, error, others))
    return settings


def synthesize_beats(count: int, seed: int = 0) -> Float32[np.ndarray, "beat 187"]:
    """Beats of all classes, of a recording made by the equation of McSharry et al. (2003)."""
    recording = synthesize((count + 10) * 60 / RATE * 1.2, heart_rate=RATE, ectopic=ECTOPIC, seed=seed)
    return cut_annotated_beats(recording).values[:count]


def read(classifier: Classifier, beats: Float32[np.ndarray, "beat 187"], solver: Solver) -> tuple[Decisions, float]:
    """What the classifier says of the beats, and the seconds of processor time that it takes to."""
    started = time.process_time()
    decisions = classifier.classify(beats, solver)
    return decisions, time.process_time() - started


def table(settings: list[Setting]) -> str:
    """Each setting."""
    rows = []
    for it in settings:
        spent = f"{it.evaluations:.1f}", f"{it.time:.1f}"
        rows.append((it.method, f"{it.tolerance:.0e}", *spent, f"{it.error:.1e}", f"{it.others:.1%}"))
    return tabulate(("method", "tolerance", "evaluations a beat", "time", "error", "other labels"), rows)


def draw(settings: list[Setting]) -> Figure:
    """Cost and truth of each method, from the loosest tolerance to the tightest."""
    figure, (costs, times, errors, labels) = panels(4, width=3.6, height=3.2)
    for place, (method, marker) in enumerate(MARKERS.items()):
        turned = [it for it in settings if it.method == method]
        evaluations = [it.evaluations for it in turned]
        style: dict[str, Any] = {"marker": marker, "markerfacecolor": "none", "color": f"C{place}"}
        if method == AUTO:
            style |= {"color": "black", "linestyle": ":"}
        costs.loglog(TOLERANCES, evaluations, **style, label=method)
        times.loglog(evaluations, [it.time for it in turned], **style)
        errors.loglog(TOLERANCES, [it.error for it in turned], **style)
        beside = [it.tolerance * 10 ** (0.15 * (2.5 - place)) for it in turned]  # most shares are 0
        labels.semilogx(beside, [100 * it.others for it in turned], **style | {"linestyle": "", "markersize": 4.5})
    times.set(ylabel="time (dopri5 at 1e-3: 1)", xlabel="evaluations a beat")
    names = "evaluations a beat", "error of the probabilities", "labels other than a tight solve's (%)"
    for axes, label in zip((costs, errors, labels), names, strict=True):
        axes.set(ylabel=label, xlabel="tolerance", xlim=(3e-1, 3.3e-7), xticks=TOLERANCES)
    figure.legend(loc="outside right upper")
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and show what it found."""
    asked = ask(__doc__, arguments)
    found = study(FULL if asked.full else DEFAULT)
    print(table(found))
    save(draw(found), asked.out / "tolerance.png")


if __name__ == "__main__":
    main()
