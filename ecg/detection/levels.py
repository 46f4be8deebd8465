"""Levels: what beats, and what noise, reach in each band of each lead."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ecg.detection.candidates import Candidate

HIGHEST = 1.6
"""The score of a band, at most: a beat that is higher is no more of one."""

LEADS_NORM = 1.2
"""Exponent by which leads are averaged: over 1, what one of them shows clearly counts for more."""

LEAST_WEIGHT, MOST_WEIGHT = 0.05, 6.0
"""Of a band: its beats' level over its noise level, less 1, within these."""

CLEAR, SILENT = 2.0, 0.2
"""A lead of this weight whose score is so low says that there is no beat."""

DEAD = 1e-6
"""Of the beats' level: a lead with less is not connected; it says nothing, and nothing is learnt from it."""

FIRST_BEAT, FIRST_NOISE = 0.8, 0.25
"""Of the highest energy of some seconds: where the beats' level begins, and the noise level at most."""

LEAST = 0.1
"""Score that no band of a candidate reaches which is not looked at any closer."""

JUMP = 4.0
"""Times the beats' level: where two beats after each other reach so high in all leads, the gain has changed."""

AFTER_JUMP = 0.65
"""Of the higher of those two, one of which may be a T wave: where the level begins anew."""

LEARNT_FROM_NOISE = 0.1


@dataclass(frozen=True)
class Score:
    """How far a candidate is on the way from noise (0) to a beat (1), over the leads, as far as each is clear.

    `mean` over all leads, `clearest` where the highest count for more, which is that of `lead`; `contradicted` where a
    clear lead shows nothing.
    """

    mean: float
    clearest: float
    lead: int
    contradicted: bool


NOTHING = Score(0.0, 0.0, 0, contradicted=False)


class Levels:
    """By band: first the QRS band of each lead, then the broad one of each."""

    def __init__(self, beat: list[float], noise: list[float]) -> None:
        self.beat = beat
        self.noise = noise
        self._jumped: Sequence[float] | None = None

    @classmethod
    def of(cls, candidates: Sequence[Candidate]) -> "Levels":
        """Of all candidates of some seconds."""
        bands = list(zip(*(candidate.energies for candidate in candidates), strict=True))
        highest = [max(band) for band in bands]
        noise = [min(statistics.median(band), FIRST_NOISE * high) for band, high in zip(bands, highest, strict=True)]
        return cls([FIRST_BEAT * high + DEAD for high in highest], [max(low, DEAD) for low in noise])

    @property
    def narrow(self) -> list[float]:
        """The beats' levels in the QRS band of each lead."""
        return self.beat[: len(self.beat) // 2]

    def score(self, candidate: Candidate) -> Score:
        """How far it is on the way from noise to a beat."""
        energies, leads = candidate.energies, len(self.beat) // 2
        if all(e < n + LEAST * (b - n) for e, n, b in zip(energies, self.noise, self.beat, strict=True)):
            return NOTHING
        scored = [self._of_lead(energies, lead, leads + lead) for lead in range(leads)]
        weights = sum([weight for _, weight in scored])
        if not weights:
            return NOTHING
        mean = sum([weight * score for score, weight in scored]) / weights
        clearest = (sum([weight * score**LEADS_NORM for score, weight in scored]) / weights) ** (1 / LEADS_NORM)
        contradicted = any(weight >= CLEAR and score < SILENT for score, weight in scored)
        return Score(mean, clearest, scored.index(max(scored)), contradicted)

    def learn_beat(self, candidate: Candidate, share: float) -> None:
        """Follow a beat by this share of how far it is from the level."""
        pairs = list(zip(candidate.energies, self.beat, strict=True))
        jumped = all(energy > JUMP * beat or energy < DEAD * beat for energy, beat in pairs)
        if jumped and self._jumped:
            both = zip(candidate.energies, self._jumped, strict=True)
            self.beat = [max(AFTER_JUMP * max(pair), beat) for pair, beat in zip(both, self.beat, strict=True)]
        else:
            self.beat = [b if e < DEAD * b else b + share * (min(e, 2 * b) - b) for e, b in pairs]
        self._jumped = candidate.energies if jumped else None

    def learn_noise(self, candidate: Candidate) -> None:
        """Follow a candidate that was refused."""
        three = zip(self.beat, self.noise, candidate.energies, strict=True)
        self.noise = [n if e < DEAD * b else n + LEARNT_FROM_NOISE * (min(e, b / 2) - n) for b, n, e in three]

    def fall(self, share: float, clear: float) -> None:
        """Let the beats' level fall to this share, but not below so many times the noise level."""
        self.beat = [max(b * share, min(b, clear * n)) for b, n in zip(self.beat, self.noise, strict=True)]

    def _of_lead(self, energies: Sequence[float], narrow: int, broad: int) -> tuple[float, float]:
        """The score of a lead, that of its QRS band at least, and its weight."""
        sharp, sharp_weight = self._of_band(energies[narrow], narrow)
        wide, wide_weight = self._of_band(energies[broad], broad)
        weight = sharp_weight + wide_weight
        both = (sharp_weight * sharp + wide_weight * wide) / weight if weight else 0.0
        return max(both, sharp), weight / 2

    def _of_band(self, energy: float, band: int) -> tuple[float, float]:
        beat, noise = self.beat[band], self.noise[band]
        if energy < DEAD * beat:
            return 0.0, 0.0
        score = (energy - noise) / max(beat - noise, DEAD)
        return min(max(score, 0.0), HIGHEST), min(max(beat / noise - 1, LEAST_WEIGHT), MOST_WEIGHT)
