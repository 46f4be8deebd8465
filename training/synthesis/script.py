"""Scripts: what shall happen in a recording that is composed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Script:
    """What shall happen in a recording that is composed of another's beats.

    Probabilities are a normal beat's; intervals are shares of those around them, and their spreads logarithms'.
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
    hardly_early: float = 0.0
    """Of premature beats that are single or in bigeminy: how many come nearly in time, after another P wave."""
    longest_run: int = 12
    run_spread: float = 0.03
    ventricular: float = 0.0
    """Probability that another patient's ventricular ectopic beat comes after it."""
    reshaped: float = 0.0
    """Of these: how many are narrower or wider than the other patient's, or turned over in a lead."""
    pause: float = 0.0
    """Probability that a beat is dropped after it."""
    block: float = 0.0
    """Probability that it begins a stretch in which only every second P wave is conducted."""
    variant: float = 0.0
    """Probability that the normal beat takes another form for a while: conducted or begun elsewhere, but in time."""
