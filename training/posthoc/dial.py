"""What a network's validation beats say of its solver: which settings can be trusted, and when a cheap solve can be."""

from itertools import takewhile

import numpy as np

from models import Auto, Classifier, Dial, Solver, Validated
from ode import find_method
from training.data.dataset import Dataset
from training.measures.grid import Cell, measure_grid, reference_labels

GRID_BEATS = 2000
AGREEMENT = 0.999
"""A setting is validated where at least this share of the beats is labelled as by dopri5 at 1e-6."""
CHEAP = Solver("heun_euler", rtol=1.0, atol=1.0, first_step=1.0)
"""One step over the whole interval, two evaluations, with an error estimate."""
TIGHT = Solver("bosh3", rtol=1e-3, atol=1e-3, first_step=1.0)
"""Where a step of dopri5 would be refused, the short steps of bosh3 cost less."""
MISSED = 5e-4
"""The share of validation beats that the method "auto" may leave with another label than that of dopri5 at 1e-6."""


def fit_dial(classifier: Classifier, validation: Dataset) -> Dial | None:
    """The dial of a network; None for one without a solver."""
    if classifier.solver is None:
        return None
    cells = measure_grid(classifier, validation, GRID_BEATS)
    return Dial(validated=validated(cells, classifier.solver), auto=_fit_auto(classifier, validation))


def validated(cells: tuple[Cell, ...], default: Solver) -> tuple[Validated, ...]:
    """Of each method the settings from its finest to the last before one that does not agree."""
    found = []
    for name in dict.fromkeys(cell.method for cell in cells):
        finest_first = [cell for cell in reversed(cells) if cell.method == name]
        agreed = [cell.setting for cell in takewhile(lambda cell: cell.agreement >= AGREEMENT, finest_first)]
        if agreed:
            found.append(_validated(name, (agreed[0], agreed[-1]), default))
    return tuple(found)


def _validated(name: str, settings: tuple[float, float], default: Solver) -> Validated:
    method = find_method(name)
    if not method.takes_step:
        return Validated(method=name, tolerances=settings)
    # How well implicit steps are solved was not varied: as well as by default, or better.
    tolerances = (0.0, min(default.rtol, default.atol)) if method.takes_tolerance else None
    return Validated(method=name, steps=settings, tolerances=tolerances)


def _fit_auto(classifier: Classifier, validation: Dataset) -> Auto:
    """The least doubt that leaves no more beats missed than may be."""
    reference = reference_labels(classifier, validation)
    cheap = classifier.solve(validation.beats, CHEAP)
    with np.errstate(divide="ignore"):
        sureness = cheap.answers.margin / cheap.cost.error
    missed = np.sort(sureness[(cheap.answers.logits.argmax(axis=1) != reference) & cheap.cost.solved])[::-1]
    allowed = int(MISSED * len(validation))
    doubt = float(missed[allowed]) if len(missed) > allowed else 0.0
    return Auto(cheap=CHEAP, tight=TIGHT, doubt=doubt)
