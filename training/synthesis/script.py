"""Scripts: what shall happen in a recording that is composed, drawn at random."""

from dataclasses import dataclass, replace

import numpy as np

KINDS = ("fibrillation", "paroxysms", "premature", "bigeminy", "runs", "dominant", "sinus")
KIND_SHARES = (0.13, 0.13, 0.2, 0.2, 0.12, 0.05, 0.17)
"""Of the scripts that are drawn. Recordings that are mostly supraventricular runs are rare in clinics, and each of them
holds as many such beats as dozens of others."""
EXERTION_SHARE = 0.3
"""Of the scripts: how many have a sinus rate that rises and falls by much within minutes."""
FLUTTER_SHARE = 0.3
"""Of what fibrillates all the time: how often it is flutter, whose beats come after whole numbers of its waves."""


@dataclass(frozen=True)
class Script:
    """What shall happen in a recording that is composed of another's beats.

    Probabilities are a normal beat's; intervals are shares of those around them, and their spreads logarithms'.

    What happens is drawn from what is known of rhythms (Goldberger's textbook of electrocardiography, chapters 13 to
    17), widely rather than truly: a classifier is to meet every rhythm, not each as often as in a clinic.
    """

    rate: float = 1.0
    """What all intervals are multiplied by."""
    breathing: float = 0.0
    """How far the sinus rhythm swings, slowly or with the breath."""
    unrest: float = 0.0
    """How much its intervals vary from one to the next."""
    drift: float = 0.005
    """How far the sinus rate moves from beat to beat."""
    exertion: float = 0.0
    """How far the sinus rate rises, as a logarithm, over some minutes, and falls again."""
    exertion_seconds: float = 600.0
    """From one rise to the next."""
    wandering: float = 0.0
    """How much its P wave grows as the rate rises and shrinks as it falls, where the pacemaker wanders."""
    fibrillation: float = 0.0
    """Probability that atrial fibrillation begins; 1 for all the time."""
    fibrillation_spread: float = 0.2
    fibrillation_rate: float = 1.0
    flutter: float = 0.0
    """Seconds from one wave of the atria to the next, where these flutter; 0 where they fibrillate."""
    premature: float = 0.0
    """Probability that a supraventricular beat comes early, alone or with others after it."""
    alone: float = 0.6
    """Of these, how many are single; half as many as are left, at most 0.15, are couplets, the others runs."""
    grouped: float = 0.0
    """Probability that it begins a stretch of bigeminy, trigeminy or quadrigeminy."""
    longest_run: int = 12
    run_spread: float = 0.03
    ventricular: float = 0.0
    """Probability that another patient's ventricular ectopic beat comes after it."""
    pause: float = 0.0
    """Probability that a beat is dropped after it."""
    block: float = 0.0
    """Probability that it begins a stretch in which only every second P wave is conducted."""
    variant: float = 0.0
    """Probability that the normal beat takes another form for a while: conducted or begun elsewhere, but in time."""

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Script":
        """One of many: fibrillation all the time or now and then, premature beats rare or often, or none of these."""
        quiet = cls(
            rate=_spread(rng, 0.0, 0.25),
            breathing=rng.choice([0.0, 0.05, 0.12, 0.25]),
            unrest=rng.choice([0.0, 0.02, 0.05, 0.1]),
            drift=rng.choice([0.005, 0.01, 0.03]),
            exertion=rng.uniform(0.15, 0.7) if rng.random() < EXERTION_SHARE else 0.0,
            exertion_seconds=rng.uniform(120, 1200),
            wandering=rng.choice([0.0, 1.0, 2.0, 6.0]),
            fibrillation_spread=rng.uniform(0.1, 0.35),
            fibrillation_rate=_spread(rng, -0.15, 0.25),
            ventricular=rng.choice([0.0, 0.02, 0.1, 0.3, 0.6], p=[0.3, 0.25, 0.2, 0.15, 0.1]),
            variant=rng.choice([0.0, 0.002, 0.01, 0.03]),
            block=rng.choice([0.0, 0.003, 0.02], p=[0.84, 0.08, 0.08]),
        )
        kind = rng.choice(KINDS, p=KIND_SHARES)
        if kind == "fibrillation":
            flutter = rng.uniform(0.18, 0.28) if rng.random() < FLUTTER_SHARE else 0.0
            return replace(quiet, fibrillation=1.0, flutter=flutter)
        if kind == "paroxysms":
            return replace(
                quiet, fibrillation=rng.choice([0.0005, 0.002, 0.005]), premature=rng.choice([0.0, 0.0, 0.03])
            )
        if kind == "premature":
            return replace(quiet, premature=rng.uniform(0.02, 0.12), alone=0.75)
        if kind == "bigeminy":
            return replace(quiet, grouped=rng.uniform(0.005, 0.05), premature=rng.uniform(0.0, 0.05), alone=0.8)
        if kind == "runs":
            often, spread = rng.uniform(0.01, 0.08), rng.uniform(0.01, 0.08)
            return replace(quiet, premature=often, alone=0.2, longest_run=60, run_spread=spread)
        if kind == "dominant":
            # Only where the sinus rhythm is steady is it clear which of the two it is.
            steady = replace(quiet, unrest=min(quiet.unrest, 0.05), breathing=min(quiet.breathing, 0.12))
            often, spread = rng.uniform(0.1, 0.35), rng.uniform(0.01, 0.1)
            return replace(steady, premature=often, alone=0.1, longest_run=100, run_spread=spread)
        block = rng.choice([quiet.block, 0.01], p=[0.7, 0.3])
        return replace(quiet, pause=rng.choice([0.0, 0.03, 0.1]), block=block)


def _spread(rng: np.random.Generator, middle: float, spread: float) -> float:
    return float(np.exp(rng.normal(middle, spread)))
