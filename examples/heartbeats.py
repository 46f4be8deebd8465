"""Heartbeats, those of some patients or made by equation, parted into some to learn from and later ones."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from ecg import BEAT_LENGTH, Recording, cut_annotated_beats, unpadded_lengths
from ecg.formats import wfdb
from ecg.synthetic import synthesize

RECORDINGS = ("104", "106", "118", "119", "208", "209", "215", "223")
"""Of the MIT-BIH Arrhythmia Database; together they have beats of all five classes.

The first is paced, the others are of DS1 (de Chazal et al. 2004): on patients of DS2 nothing is tried out.
"""
TIMES = BEAT_LENGTH
"""Samples of a beat, 125 a second."""
SHORTEST = 20
"""A beat of fewer samples, such as a flat one, is left out."""
KNOWN = 2 / 3
"""The share of each recording that is learnt from; what comes later is new."""

Beat = Float[Tensor, "beat 187"]


@dataclass(frozen=True)
class Heartbeats:
    """Beats as cardiode takes them, their classes, and how many samples each has before zeros fill it up."""

    values: Beat
    classes: Int64[Tensor, "beat"]
    lengths: Int64[Tensor, "beat"]

    def pick(self, which: Int64[Tensor, "picked"]) -> "Heartbeats":
        """Some of them."""
        return Heartbeats(self.values[which], self.classes[which], self.lengths[which])

    @property
    def within(self) -> Beat:
        """1 at the samples of each beat, 0 at the zeros that fill it up."""
        return (torch.arange(TIMES) < self.lengths[:, None]).float()

    def inside(self, beats: Beat) -> Beat:
        """Those beats, with no number where these end."""
        return beats.where(self.within > 0, torch.nan)


def read_or_make(seconds: float) -> tuple[Heartbeats, Heartbeats, str]:
    """Known beats and new ones, and what they are of: the first so many seconds of recordings.

    The recordings are those in `mitdb` of the folder CARDIODE_DATA or `data`; where they are missing, synthetic ones.
    """
    folder = Path(os.environ.get("CARDIODE_DATA", "data")) / "mitdb"
    there = all((folder / f"{name}.{kind}").exists() for name in RECORDINGS for kind in ("hea", "dat", "atr"))
    names = RECORDINGS if there else range(8)
    recordings = [wfdb.read(folder / str(name)) if there else _made(int(name), seconds) for name in names]
    parts = [_parted(recording, seconds) for recording in recordings]
    known, new = (_joined([part[side] for part in parts]) for side in (0, 1))
    return known, new, "patients of mitdb" if there else "synthetic recordings"


def _made(seed: int, seconds: float) -> Recording:
    return synthesize(seconds, ectopic={"S": 0.1, "V": 0.15, "F": 0.05, "Q": 0.05}, seed=seed)


def _parted(recording: Recording, seconds: float) -> tuple[Heartbeats, Heartbeats]:
    """The earlier beats and the later ones of so many seconds of a recording."""
    beats = cut_annotated_beats(recording)
    early = (beats.peaks < seconds * recording.fs) & (unpadded_lengths(beats.values) >= SHORTEST)
    values = beats.values[early]
    some = Heartbeats(
        torch.from_numpy(values),
        torch.from_numpy(beats.labels[early]),
        torch.from_numpy(unpadded_lengths(values)),
    )
    known, new = np.split(np.arange(len(values)), [round(KNOWN * len(values))])
    return some.pick(torch.from_numpy(known)), some.pick(torch.from_numpy(new))


def _joined(parts: list[Heartbeats]) -> Heartbeats:
    return Heartbeats(
        torch.cat([part.values for part in parts]),
        torch.cat([part.classes for part in parts]),
        torch.cat([part.lengths for part in parts]),
    )


def choose(beats: int, share: float) -> Beat:
    """1 at so large a share of the places of each beat, at random, and 0 at the others."""
    return (torch.rand(beats, TIMES).argsort(dim=1) < share * TIMES).float()


def interpolated(beats: Beat, seen: Beat) -> Beat:
    """Straight lines from each sample that was seen to the next; level before the first and after the last."""
    places = np.arange(TIMES)
    pairs = zip(beats.numpy(), seen.numpy() > 0, strict=True)
    lines = [np.interp(places, places[own], beat[own]) for beat, own in pairs]
    return torch.from_numpy(np.stack(lines)).float()
