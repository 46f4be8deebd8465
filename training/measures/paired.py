"""Paired comparisons: whether one network is worse than another on the very same beats or recordings.

Both are scored on the same things drawn again at random, so what is hard about a thing is hard for both, and their
difference is known better than either figure. Beats are drawn where each was drawn at random for the test part, and
recordings where whole patients were left out (see `ecg.scoring.intervals`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from ecg import LABELS
from ecg.scoring.intervals import LEVEL, RESAMPLES, share_outside

Measure = Callable[[Int64[np.ndarray, "draw true said"]], Float64[np.ndarray, "draw"]]
"""Any number that is taken from a confusion matrix, of many such; NaN where it is undefined."""


@dataclass(frozen=True)
class Difference:
    """A measure of one network and of another, and the bounds of what the first has more, with a confidence of 95 %.

    There are no bounds where too little was drawn from.
    """

    ours: float
    theirs: float
    low: float | None
    high: float | None

    @property
    def worse(self) -> bool:
        """Whether the first is certainly below the second; without bounds, whether it is below at all."""
        return self.ours < self.theirs if self.high is None else self.high < 0


def over_beats(
    truth: Int64[np.ndarray, "beat"],
    ours: Int64[np.ndarray, "beat"],
    theirs: Int64[np.ndarray, "beat"],
    measures: Mapping[str, Measure],
) -> dict[str, Difference]:
    """Compare labels of the same beats, as indices of `LABELS`; -1, of a beat without one, has a column of its own."""
    columns = len(LABELS) + 1
    joint = np.zeros((len(LABELS), columns, columns), np.int64)
    np.add.at(joint, (truth, ours, theirs), 1)  # -1 is the last column
    drawn = np.random.default_rng(0).multinomial(joint.sum(), joint.ravel() / joint.sum(), size=RESAMPLES)
    again = drawn.reshape(RESAMPLES, *joint.shape)
    return _differences(
        (joint.sum(axis=2), joint.sum(axis=1)), (again.sum(axis=3), again.sum(axis=2)), measures, (1 - LEVEL) / 2
    )


def over_recordings(
    ours: Sequence[Int64[np.ndarray, "true said"]],
    theirs: Sequence[Int64[np.ndarray, "true said"]] | Int64[np.ndarray, "true said"],
    measures: Mapping[str, Measure],
) -> dict[str, Difference]:
    """Compare the confusion matrices of the same recordings.

    Of the second network there may be but that of all recordings together; then it is held against what the first
    reaches on recordings such as these, which is less certain.
    """
    own, other = np.array(ours, np.int64), np.array(theirs, np.int64)
    number = len(own)
    drawn = np.random.default_rng(0).multinomial(number, np.full(number, 1 / number), size=RESAMPLES)
    totals = np.tensordot(drawn, own, axes=1)
    if isinstance(theirs, np.ndarray):
        whole, others = other, np.broadcast_to(other, (RESAMPLES, *other.shape))
    else:
        whole, others = other.sum(axis=0), np.tensordot(drawn, other, axes=1)
    outside = share_outside(LEVEL, number) if number > 1 else None
    return _differences((own.sum(axis=0), whole), (totals, others), measures, outside)


def _differences(
    counted: tuple[Int64[np.ndarray, "true said"], Int64[np.ndarray, "true said"]],
    drawn: tuple[Int64[np.ndarray, "draw true said"], Int64[np.ndarray, "draw true said"]],
    measures: Mapping[str, Measure],
    outside: float | None,
) -> dict[str, Difference]:
    """Of each measure that is defined of both."""
    found = {}
    for name, measure in measures.items():
        ours, theirs = (float(measure(own[np.newaxis])[0]) for own in counted)
        if np.isnan(ours) or np.isnan(theirs):
            continue
        more = measure(drawn[0]) - measure(drawn[1])
        more = more[np.isfinite(more)]
        low, high = np.quantile(more, [outside, 1 - outside]).tolist() if outside and len(more) else (None, None)
        found[name] = Difference(ours, theirs, low, high)
    return found


def accuracy(confusions: Int64[np.ndarray, "draw true said"]) -> Float64[np.ndarray, "draw"]:
    """The share of beats that are called what they are."""
    return _share(np.trace(confusions, axis1=1, axis2=2), confusions.sum(axis=(1, 2)))


def f1(place: int) -> Measure:
    """F1 of the class with this index; undefined where no beat is, or is called, of it."""

    def measure(confusions: Int64[np.ndarray, "draw true said"]) -> Float64[np.ndarray, "draw"]:
        there, said = confusions[:, place].sum(axis=1), confusions[:, :, place].sum(axis=1)
        return _share(2 * confusions[:, place, place], there + said)

    return measure


def macro_f1(confusions: Int64[np.ndarray, "draw true said"]) -> Float64[np.ndarray, "draw"]:
    """The mean of F1 over the classes, 0 for one where it is undefined, as in `training.measures.scores`."""
    classes = [np.nan_to_num(f1(place)(confusions)) for place in range(len(LABELS))]
    return np.asarray(np.mean(classes, axis=0))


def _share(part: Int64[np.ndarray, "draw"], whole: Int64[np.ndarray, "draw"]) -> Float64[np.ndarray, "draw"]:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


STATED: Mapping[str, Measure] = {
    "accuracy": accuracy,
    "macro-F1": macro_f1,
    **{f"F1 of {label}": f1(place) for place, label in enumerate(LABELS)},
}
"""What cards state of labels."""
