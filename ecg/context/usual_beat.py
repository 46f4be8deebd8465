"""The usual beat: what most of a patient's beats look like in one lead for some minutes, found without labels.

It is the middle of the largest family of beats that look alike and come in time, so that neither a run of ectopic beats
nor noise becomes it easily. A heart's axis drifts with the body's position, so it is followed from minutes to minutes.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

BEFORE, AFTER = 55, 70
"""Samples of a view, at 125 Hz, before the R peak and from it on: 0.44 s and 0.56 s."""
VIEW_LENGTH = BEFORE + AFTER

QRS = slice(BEFORE - 14, BEFORE + 15)
"""The part of a view that beats are held against each other by."""

PEAK = slice(BEFORE - 10, BEFORE + 12)
"""The part whose height is the beat's."""

ALIKE, FAMILY = 0.9, 0.85
"""Correlations of QRS complexes: of beats that count as alike, and of those that a family takes in."""

FOUNDERS = 300
"""Beats, evenly drawn, that may found a family."""

FEW = 20
"""Beats: where fewer are in time, all are considered."""

REST_SHARE = 0.4
"""Of the beats, the most alike: what the usual beat is the middle of where the family is smaller than half of `FEW`."""

STILL_THERE = 0.1
"""Of the beats of some minutes, how many must be like the usual one of the minutes before for it to go on."""

SMALLEST_MV = 1e-3


@dataclass(frozen=True)
class UsualBeat:
    """`view` in mV without baseline, and how high its QRS complex is."""

    view: Float64[np.ndarray, "125"]
    height: float

    def followed(self, views: Float64[np.ndarray, "beat 125"], in_time: Bool[np.ndarray, "beat"]) -> "UsualBeat":
        """The usual beat of the next minutes: what has become of this one, or another where hardly any is like it."""
        members = self.correlation(views) > FAMILY
        if np.count_nonzero(members) < max(FEW / 2, STILL_THERE * len(views)):
            return UsualBeat.of(views, in_time)
        return UsualBeat._middle(views[members & in_time if np.count_nonzero(members & in_time) > FEW else members])

    @classmethod
    def of(cls, views: Float64[np.ndarray, "beat 125"], in_time: Bool[np.ndarray, "beat"]) -> "UsualBeat":
        """That of one or more beats; `in_time` are those that come when they are expected."""
        considered = views[in_time] if np.count_nonzero(in_time) > FEW else views
        shapes = normalized(considered[:, QRS])
        alike = shapes[np.linspace(0, len(shapes) - 1, min(len(shapes), FOUNDERS)).astype(np.int64)] @ shapes.T
        founder = (alike > ALIKE).sum(axis=1).argmax()
        enough = min(FAMILY, alike[founder].max())  # where a lead shows nothing, no beat is like any, itself included
        family = np.median(considered[alike[founder] >= enough][:, QRS], axis=0)
        resembling = normalized(views[:, QRS]) @ normalized(family[None])[0]
        members = (resembling > ALIKE) & in_time
        if np.count_nonzero(members) < FEW / 2:
            members = resembling >= np.quantile(resembling, 1 - REST_SHARE)
        return cls._middle(views[members])

    @classmethod
    def _middle(cls, members: Float64[np.ndarray, "beat 125"]) -> "UsualBeat":
        view = np.median(members, axis=0)
        return cls(view, float(np.ptp(view[PEAK])) + SMALLEST_MV)

    def correlation(self, views: Float64[np.ndarray, "beat 125"]) -> Float64[np.ndarray, "beat"]:
        """How much QRS complexes look like the usual one, up to 1; NaN where that shows nothing."""
        if not np.ptp(self.view[QRS]):
            return np.full(len(views), np.nan)
        return np.asarray(normalized(views[:, QRS]) @ normalized(self.view[None, QRS])[0])

    def relative_height(self, views: Float64[np.ndarray, "beat 125"]) -> Float64[np.ndarray, "beat"]:
        """The logarithm of how high QRS complexes are, in heights of the usual one."""
        return np.asarray(np.log((np.ptp(views[:, PEAK], axis=1) + SMALLEST_MV) / self.height))


def views_of(
    signal: Float64[np.ndarray, "sample"], peaks: Int64[np.ndarray, "beat"]
) -> Float64[np.ndarray, "beat 125"]:
    """The signal around each peak, less its median; both at 125 Hz. Beyond its ends the signal stays as it is there."""
    places = peaks[:, None] + np.arange(-BEFORE, AFTER)
    views = signal[np.clip(places, 0, len(signal) - 1)]
    return np.asarray(views - np.median(views, axis=1, keepdims=True))


def normalized(shapes: Float[np.ndarray, "beat sample"]) -> Float64[np.ndarray, "beat sample"]:
    """Shapes of mean 0 and length 1, so that their products are correlations."""
    centered = shapes - shapes.mean(axis=1, keepdims=True)
    return np.asarray(centered / (np.linalg.norm(centered, axis=1, keepdims=True) + 1e-9))
