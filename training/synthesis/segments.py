"""Pieces: stretches of a recording, with their annotations, that recordings can be made of."""

import math
from dataclasses import replace

import numpy as np

from ecg import Annotations, Recording, choose_leads

LONGEST_SECONDS = 2700.0
"""A longer one is taken apart, as an answer is given half an hour at once."""
SHORTEST_SECONDS = 60.0
"""A shorter one tells too little of a patient's rhythm to be written anew."""


def part_of(recording: Recording, first: int, last: int) -> Recording:
    """The annotated recording from one sample up to another."""
    annotations = recording.beat_annotations()
    inside = (annotations.samples >= first) & (annotations.samples < last)
    symbols = [symbol for symbol, kept in zip(annotations.symbols, inside.tolist(), strict=True) if kept]
    return replace(
        recording,
        signals=recording.signals[:, first:last],
        annotations=Annotations(annotations.samples[inside] - first, symbols),
    )


def pieces_without_gaps(recording: Recording) -> list[Recording]:
    """What lies between the gaps of the leads that are looked at, those leads alone; none where all is too short."""
    leads = list(choose_leads(recording))
    looked_at = replace(
        recording, signals=recording.signals[leads], leads=tuple(recording.leads[lead] for lead in leads)
    )
    there = np.isfinite(looked_at.signals).all(axis=0)
    edges = np.flatnonzero(np.diff(there.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    pieces = []
    for start, stop in edges.tolist():
        number = math.ceil((stop - start) / recording.fs / LONGEST_SECONDS)
        bounds = np.linspace(start, stop, number + 1).round().astype(np.int64).tolist()
        pieces += [part_of(looked_at, *bounds[place : place + 2]) for place in range(number)]
    return [piece for piece in pieces if piece.seconds >= SHORTEST_SECONDS]
