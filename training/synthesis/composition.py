"""Composition: recordings that never were, made of the beats of one that was.

Few patients have many supraventricular beats, and a network that has seen few learns the patients, not the rhythm. But
such a beat is a normal beat that comes early after another P wave; so any recording can be written anew as if its
patient had them, one by one or in runs, or had atrial fibrillation, pauses, sinus arrhythmia, another's ventricular
ectopic beats. Everything else in it stays real.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from ecg import LABELS, Annotations, Recording
from ecg.signal.resampling import BEAT_FS
from training.synthesis.material import (
    AFTER,
    BEFORE,
    LONGEST,
    SHORTEST,
    Material,
    N,
    PChange,
    V,
    add_up,
    p_wave_alone,
    reshaped,
    with_other_p_wave,
    with_scaled_p_wave,
    with_wider_qrs,
)
from training.synthesis.script import Script

S = LABELS.index("S")
NOT_CONDUCTED = -1
"""In place of a label, of a P wave that no beat follows."""

REMEMBERED = 0.9
"""Of the usual interval, with each new one."""
USUAL_P_CHANGES: tuple[PChange, ...] = ("same", "small", "inverted", "big", "none")
P_CHANGE_SHARES = (0.2, 0.25, 0.25, 0.1, 0.2)
ABERRANT = 0.12
"""Of premature beats, and runs of them: how many are conducted with a wider QRS complex."""
LONG = 12
"""Beats: a longer run always has another P wave than the sinus rhythm, or it would be sinus tachycardia."""
HARDLY_EARLY = (0.88, 0.97)
"""Of the usual interval: beats that come so late are known to be supraventricular by their P wave alone."""
TAIL = 200
"""Samples after the last beat."""
CONDUCTED, CONDUCTED_SHARES = (2, 3, 4, 5), (0.4, 0.2, 0.3, 0.1)
"""Waves of the atria to a beat."""
PERIODS, PERIOD_SHARES = (2, 3, 4), (0.6, 0.25, 0.15)
"""Of bigeminy, trigeminy and quadrigeminy: every second, third or fourth beat is premature."""
LOWEST_P, HIGHEST_P = -1.0, 2.5
"""Heights of a P wave that wanders, in those that it had."""


def compose(
    material: Material, donated: Sequence[Float64[np.ndarray, "lead 114"]], script: Script, rng: np.random.Generator
) -> Recording:
    """A recording of these beats by a script, at 125 Hz, annotated with one symbol of each class.

    `donated` are ventricular ectopic waves as `Material.ventricular` gives them.
    """
    composer = _Composer(material, donated, script, rng)
    for beat in range(len(material.labels)):
        composer.take(beat)
    peaks = np.round(composer.times).astype(np.int64)
    signals = add_up(np.stack(composer.waves), peaks, int(peaks[-1]) + max(TAIL, AFTER))
    signals += _fibrillation(composer.fibrillating, signals.shape[1], material.heights, script.flutter, rng)
    beats = np.array(composer.labels) != NOT_CONDUCTED
    annotations = Annotations(peaks[beats], [LABELS[label] for label in composer.labels if label != NOT_CONDUCTED])
    return Recording(material.name, signals.astype(np.float32), material.leads, BEAT_FS, annotations)


@dataclass
class _Composer:
    """Goes from beat to beat; `now` is where the next one comes, in samples."""

    material: Material
    donated: Sequence[Float64[np.ndarray, "lead 114"]]
    script: Script
    rng: np.random.Generator
    now: float = 100.0
    times: list[float] = field(default_factory=list)
    waves: list[np.ndarray] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    fibrillating: list[float] = field(default_factory=list)
    """When, of the beats in fibrillation."""

    def __post_init__(self) -> None:
        self.usual = self.base = self.material.usual_interval * self.script.rate
        self.heights = self.material.heights
        self.phase = self.rng.uniform(0, 2 * np.pi)
        self.frequency = self.rng.uniform(0.02, 0.35)
        self.unrest = self.drift = 0.0
        self.fibrillation_left = self.run_left = self.group_left = self.variant_left = self.block_left = 0
        self.paused = self.dropped = False
        self.conducted, self.conduction_changes = 4, self.rng.uniform(0.01, 0.3)

    def take(self, beat: int) -> None:
        """The next beat of the material, as the script will have it."""
        label, wave = int(self.material.labels[beat]), self.material.waves[beat]
        self.unrest = 0.6 * self.unrest + self.rng.normal(0, self.script.unrest)
        self.drift = 0.99 * self.drift + self.rng.normal(0, self.script.drift)
        fibrillating = self._fibrillates()
        if label == S and fibrillating:
            return
        if label != N:
            self._put(wave, label, self.material.intervals[beat] * self.script.rate)
        elif fibrillating:
            self._fibrillate(wave)
        elif self._blocked():
            self._drop(wave, self.material.intervals[beat] * self.script.rate)
        elif self.run_left or (not self.dropped and self._happens(self.script.premature)):
            self._premature(wave)
        elif self.group_left or (not self.dropped and self._happens(self.script.grouped)):
            self._grouped(wave, self.material.intervals[beat] * self.script.rate)
        else:
            self._sinus(wave, self.material.intervals[beat] * self.script.rate)

    def _happens(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _put(self, wave: np.ndarray, label: int, interval: float) -> None:
        """A beat now, and so long until the next."""
        self.dropped = label == NOT_CONDUCTED
        self.times.append(self.now)
        self.waves.append(wave)
        self.labels.append(label)
        self.now += max(interval, SHORTEST)

    def _fibrillates(self) -> bool:
        if not self.fibrillation_left and not self.run_left and self._happens(self.script.fibrillation):
            self.fibrillation_left = int(self.rng.integers(30, 900))
        fibrillates = self.fibrillation_left > 0
        self.fibrillation_left -= fibrillates
        return fibrillates

    def _fibrillate(self, wave: np.ndarray) -> None:
        """No P wave, and no rule to the intervals."""
        rate = self.base / self.script.rate * self.script.fibrillation_rate * np.exp(2 * self.drift)
        self.fibrillating.append(self.now)
        interval = rate * np.exp(self.rng.normal(0, self.script.fibrillation_spread))
        if self.script.flutter:
            if self._happens(self.conduction_changes):
                self.conducted = int(self.rng.choice(CONDUCTED, p=CONDUCTED_SHARES))
            interval = self.script.flutter * BEAT_FS * self.conducted
        self._put(with_other_p_wave(wave, "none", self.rng), N, interval)
        if self.donated and self._happens(self.script.ventricular):
            self.now = self.times[-1] + max(rate * self.rng.uniform(0.45, 0.95), SHORTEST)
            self._put(self._donation(), V, interval * self.rng.uniform(0.8, 1.4))

    def _premature(self, wave: np.ndarray) -> None:
        """Early, after another P wave; in a run, so are the next."""
        if not self.run_left:
            self._begin_run()
        wave = with_other_p_wave(wave, self.p_change, self.rng)
        if self.aberrant:
            wave = with_wider_qrs(wave, self.rng.uniform(0.8, 1.2), 1.0)
        self.run_left -= 1
        interval = self.run_interval * np.exp(self.rng.normal(0, self.script.run_spread))
        if not self.run_left:
            interval = self.usual * self.rng.uniform(0.95, 1.45 if self._happens(0.85) else 3.0)
        self._put(wave, S, interval)

    def _begin_run(self) -> None:
        kind = self.rng.random()
        couplets = min(0.15, (1 - self.script.alone) / 2)
        single, double = kind < self.script.alone, kind < self.script.alone + couplets
        run = int(np.exp(self.rng.uniform(np.log(3), np.log(self.script.longest_run + 1))))
        self.run_left = 1 if single else 2 if double else run
        self.run_interval = self.usual * self.rng.uniform(0.45, 0.85)
        self.p_change = self._p_change()
        if self.run_left > LONG:
            self.p_change = self._other_p_change(self.p_change)
        self.aberrant = self._happens(ABERRANT)
        if self.times:
            self.now = self.times[-1] + max(self.run_interval * self.rng.uniform(0.85, 1.1), SHORTEST)
        if single and self.times and self._hardly_early():
            self.now = self.times[-1] + max(self.usual * self.rng.uniform(*HARDLY_EARLY), SHORTEST)
            self.p_change = self._other_p_change(self.p_change)

    def _hardly_early(self) -> bool:
        return bool(self.script.hardly_early) and self._happens(self.script.hardly_early)

    def _other_p_change(self, change: PChange) -> PChange:
        while change == "same":
            change = self._p_change()
        return change

    def _p_change(self) -> PChange:
        change: PChange = self.rng.choice(USUAL_P_CHANGES, p=P_CHANGE_SHARES)
        return change

    def _grouped(self, wave: np.ndarray, interval: float) -> None:
        """Bigeminy, trigeminy or quadrigeminy: every n-th beat is premature, all by as much and alike."""
        if not self.group_left:
            self.period = int(self.rng.choice(PERIODS, p=PERIOD_SHARES))
            self.group_left = self.period * int(np.exp(self.rng.uniform(np.log(2), np.log(150))))
            self.coupling = self.rng.uniform(0.5, 0.88)
            self.pause_after = self.rng.uniform(0.95, 1.4)
            self.group_p = self._p_change()
            if self._hardly_early():
                self.coupling, self.group_p = self.rng.uniform(*HARDLY_EARLY), self._other_p_change(self.group_p)
        self.group_left -= 1
        if self.group_left % self.period:
            self._sinus(wave, interval)
            return
        if self.times:
            self.now = self.times[-1] + max(self.usual * self.coupling * self._slightly(), SHORTEST)
        self._put(with_other_p_wave(wave, self.group_p, self.rng), S, self.usual * self.pause_after * self._slightly())

    def _blocked(self) -> bool:
        """Whether the P wave of now is not conducted."""
        if self.run_left or self.group_left or not self.times:
            return False
        if not self.block_left and self._happens(self.script.block):
            self.block_left = int(np.exp(self.rng.uniform(0, np.log(150))))
        if not self.block_left or self.dropped:
            return False
        self.block_left -= 1
        return True

    def _drop(self, wave: np.ndarray, interval: float) -> None:
        interval *= float(np.exp(self._swing() + self.unrest))
        self._put(p_wave_alone(wave), NOT_CONDUCTED, float(np.clip(interval, SHORTEST, LONGEST)))

    def _slightly(self) -> float:
        """A factor near 1."""
        return float(np.exp(self.rng.normal(0, self.script.run_spread)))

    def _sinus(self, wave: np.ndarray, interval: float) -> None:
        """In time; perhaps a ventricular ectopic beat of another comes before it, or a pause after it."""
        if self.donated and self.times and not self.dropped and self._happens(self.script.ventricular):
            self._ventricular()
        swing = self._swing()
        interval = float(np.clip(interval * np.exp(swing + self.unrest), SHORTEST, LONGEST))
        self.usual = REMEMBERED * self.usual + (1 - REMEMBERED) * interval
        if self.script.wandering:
            wave = with_scaled_p_wave(wave, float(np.clip(1 - self.script.wandering * swing, LOWEST_P, HIGHEST_P)))
        wave = self._varied(wave)
        if self.paused and self._happens(0.4):
            wave = with_other_p_wave(wave, "none", self.rng)  # an escape beat
        self.paused = self._happens(self.script.pause)
        if self.paused:
            interval *= self.rng.uniform(1.3, 2.5)
        self._put(wave, N, interval)

    def _swing(self) -> float:
        """What the sinus rate of now adds to the logarithm of an interval."""
        breathing = self.script.breathing * np.sin(self.phase + 2 * np.pi * self.frequency * self.now / BEAT_FS)
        return float(breathing + self.drift - self._effort())

    def _effort(self) -> float:
        """What exertion takes off the logarithm of an interval now."""
        turns = self.now / BEAT_FS / self.script.exertion_seconds
        return self.script.exertion * float(np.sin(self.phase + np.pi * turns)) ** 2

    def _ventricular(self) -> None:
        """Early; three times of four the pause after it makes up for that."""
        before = self.times[-1]
        self.now = before + max(self.usual * self.rng.uniform(0.45, 0.9), SHORTEST)
        made_up = before + 2 * self.usual - self.now
        self._put(
            self._donation(),
            V,
            max(made_up, 0.6 * self.usual) if self._happens(0.75) else self.usual * self.rng.uniform(0.9, 1.3),
        )

    def _donation(self) -> np.ndarray:
        wave = self.donated[int(self.rng.integers(len(self.donated)))]
        if self.script.reshaped and self._happens(self.script.reshaped):
            wave = reshaped(wave, self.rng)
        return np.asarray(wave[: len(self.heights)] * self.heights)

    def _varied(self, wave: np.ndarray) -> np.ndarray:
        """The normal beat in another form, for a while."""
        if not self.variant_left and self._happens(self.script.variant):
            self.variant_left = int(np.exp(self.rng.uniform(0, 5.5)))
            self.variant_p: PChange = self.rng.choice(USUAL_P_CHANGES)
            self.variant_height = float(self.rng.choice([1.0, self.rng.uniform(0.6, 0.9), self.rng.uniform(1.1, 1.6)]))
            self.variant_share = 0.0 if self.variant_height == 1.0 else self.rng.uniform(0.2, 0.8)
        if not self.variant_left:
            return wave
        self.variant_left -= 1
        return with_wider_qrs(
            with_other_p_wave(wave, self.variant_p, self.rng), self.variant_height, self.variant_share
        )


def _fibrillation(
    times: Sequence[float],
    length: int,
    heights: Float64[np.ndarray, "lead 1"],
    flutter: float,
    rng: np.random.Generator,
) -> Float64[np.ndarray, "lead sample"]:
    """The atria's own waves around these beats, 4.5 to 8 a second, or every `flutter` seconds, where that is not 0.

    In half of the patients they are not seen.
    """
    on = np.zeros(length)
    for time in np.round(times).astype(np.int64).tolist():
        on[max(time - BEFORE, 0) : time + AFTER] = 1.0
    if not on.any() or rng.random() < 0.5:
        return np.zeros((len(heights), length))
    rate, spread = (1 / flutter, 0.0) if flutter else (rng.uniform(4.5, 8.0), 0.6)
    phase = np.cumsum(rate + rng.normal(0, spread, length)) / BEAT_FS * 2 * np.pi
    sizes = rng.uniform(0.02, 0.12) * heights * rng.uniform(-1.5, 1.5, heights.shape)
    swelling = 1 + 0.3 * np.sin(2 * np.pi * 0.3 * np.arange(length) / BEAT_FS)
    return np.asarray(sizes * on * swelling * np.sin(phase))
