"""Levels: what beats, and what noise, reach in each band of each lead."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ecg.detection.candidates import Candidate

HIGHEST = 1.6
"""The score of a band, at most: a beat that is higher is no more of one."""

LEADS_NORM = 1.5
"""Exponent by which leads are averaged: over 1, what one of them shows clearly counts for more."""

LEAST_WEIGHT = 0.05
MOST_WEIGHT = 6.0
CLEAR = 2.0
SILENT = 0.1

DEAD = 1e-6
"""Of the beats' level: a lead with less is not connected; it says nothing, and nothing is learnt from it."""

JUMP = 4.0
"""Times the beats' level: where two beats after each other reach so high, the gain has changed."""

FIRST_LEVEL = 0.8
"""Of the highest energy of some seconds: where the beats' level begins."""

LEARNT_FROM_NOISE = 0.1


@dataclass(frozen=True)
class Score:
    """The mean over the leads, one in which the clearest counts for more, and the lead with the highest."""

    mean: float
    clearest: float
    lead: int
    contradicted: bool


@dataclass
class Levels:
    """By band: first the QRS band of each lead, then the broad one of each."""

    beat: list[float]
    noise: list[float]

    def __post_init__(self) -> None:
        self._jumped: Sequence[float] | None = None

    @classmethod
    def of(cls, highest: Sequence[float], usual: Sequence[float]) -> "Levels":
        """Of the highest energies of some seconds, and the usual ones."""
        return cls([FIRST_LEVEL * high + DEAD for high in highest], [max(low, DEAD) for low in usual])

    @classmethod
    def of_candidates(cls, candidates: Sequence[Candidate]) -> "Levels":
        """Of all candidates of some seconds."""
        energies = [c.energies for c in candidates]
        highest = [max(band) for band in zip(*energies, strict=True)]
        usual = [min(statistics.median(band), high / 4) for band, high in zip(zip(*energies), highest)]
        return cls.of(highest, usual)

    def score(self, candidate: Candidate) -> "Score":
        """How far a candidate is on the way from noise (0) to a beat (1), over the leads, as far as each is clear."""
        leads = len(self.beat) // 2
        scored = [self._of_lead(candidate.energies, lead, leads + lead) for lead in range(leads)]
        weights = sum(weight for _, weight in scored)
        if not weights:
            return Score(0.0, 0.0, 0, False)
        mean = sum(weight * score for score, weight in scored) / weights
        clearest = (sum(weight * score**LEADS_NORM for score, weight in scored) / weights) ** (1 / LEADS_NORM)
        contradicted = any(weight >= CLEAR and score < SILENT for score, weight in scored)
        return Score(mean, clearest, max(range(leads), key=lambda lead: scored[lead]), contradicted)

    def _of_lead(self, energies: Sequence[float], narrow: int, broad: int) -> tuple[float, float]:
        bands = [self._of_band(energies[band], band) for band in (narrow, broad)]
        weight = sum(weight for _, weight in bands)
        both = sum(weight * score for score, weight in bands) / weight if weight else 0.0
        return max(both, bands[0][0]), weight / 2

    def _of_band(self, energy: float, band: int) -> tuple[float, float]:
        beat, noise = self.beat[band], self.noise[band]
        if energy < DEAD * beat:
            return 0.0, 0.0
        score = (energy - noise) / max(beat - noise, DEAD)
        return min(max(score, 0.0), HIGHEST), min(max(beat / noise - 1, LEAST_WEIGHT), MOST_WEIGHT)

    def sharp(self, candidate: Candidate) -> float:
        """What it has in the QRS band, as a share of what beats have, in the lead where that is most."""
        leads = len(self.beat) // 2
        return max(candidate.energies[lead] / self.beat[lead] for lead in range(leads))

    def learn_beat(self, candidate: Candidate, share: float) -> None:
        """Follow a beat; two after each other that are far higher in all leads say that the gain has changed."""
        pairs = list(zip(candidate.energies, self.beat, strict=True))
        jumped = all(energy > JUMP * beat or energy < DEAD * beat for energy, beat in pairs)
        if jumped and self._jumped:
            both = zip(candidate.energies, self._jumped, strict=True)
            self.beat = [max(FIRST_LEVEL * min(pair), beat) for pair, beat in zip(both, self.beat, strict=True)]
        else:
            self.beat = [b if e < DEAD * b else b + share * (min(e, 2 * b) - b) for e, b in pairs]
        self._jumped = candidate.energies if jumped else None

    def learn_noise(self, candidate: Candidate) -> None:
        for band, energy in enumerate(candidate.energies):
            beat, noise = self.beat[band], self.noise[band]
            if energy >= DEAD * beat:
                self.noise[band] = noise + LEARNT_FROM_NOISE * (min(energy, beat / 2) - noise)

    def fall(self, seconds: float, constant: float, clear: float) -> None:
        share = math.exp(-seconds / constant)
        self.beat = [max(b * share, min(b, clear * n)) for b, n in zip(self.beat, self.noise, strict=True)]
