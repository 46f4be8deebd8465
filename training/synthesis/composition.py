"""Composition: recordings that never were, made of the beats of one that was.

Few patients have many supraventricular beats, and a network that has seen few learns the patients, not the rhythm. But
such a beat is a normal beat that comes early after another P wave; so any recording can be written anew as if its
patient had them, one by one or in runs, or had atrial fibrillation, pauses, sinus arrhythmia, another's ventricular
ectopic beats. Everything else in it stays real.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64, Int64

from ecg import LABELS, Annotations, Recording
from ecg.signal.resampling import BEAT_FS
from training.synthesis.script import Script
from training.synthesis.waves import (
    AFTER,
    BEFORE,
    PChange,
    add_up,
    cut_waves,
    heights_of,
    with_other_p_wave,
    with_wider_qrs,
)

N, S, V = (LABELS.index(label) for label in ("N", "S", "V"))

SHORTEST, LONGEST = 32, 375
"""Samples of an interval: 0.26 s and 3 s."""
REMEMBERED = 0.9
"""Of the usual interval, with each new one."""
USUAL_P_CHANGES: tuple[PChange, ...] = ("same", "small", "inverted", "big", "none")
P_CHANGE_SHARES = (0.2, 0.25, 0.25, 0.1, 0.2)
ABERRANT = 0.12
"""Of premature beats, and runs of them: how many are conducted with a wider QRS complex."""
TAIL = 200
"""Samples after the last beat."""


@dataclass(frozen=True)
class Material:
    """The beats of one recording as waves, with their labels (indices of `LABELS`), and the intervals after them.

    All at 125 Hz; intervals are in samples.
    """

    name: str
    leads: tuple[str, ...]
    waves: Float64[np.ndarray, "beat lead 114"]
    labels: Int64[np.ndarray, "beat"]
    intervals: Float64[np.ndarray, "beat"]

    @classmethod
    def of(
        cls,
        name: str,
        leads: tuple[str, ...],
        signals: Float64[np.ndarray, "lead sample"],
        peaks: Int64[np.ndarray, "beat"],
        labels: Int64[np.ndarray, "beat"],
    ) -> "Material":
        """That of signals and R peaks at 125 Hz."""
        intervals = np.clip(np.diff(peaks), SHORTEST, LONGEST).astype(np.float64)
        return cls(name, leads, cut_waves(signals, peaks), labels, np.append(intervals, np.median(intervals)))

    @property
    def heights(self) -> Float64[np.ndarray, "lead 1"]:
        """How high normal QRS complexes are, or all where none is normal."""
        normal = self.waves[self.labels == N]
        return heights_of(normal if len(normal) else self.waves)

    @property
    def usual_interval(self) -> float:
        """The median between normal beats, in samples, or between all."""
        between = (self.labels == N) & (np.append(self.labels[1:], V) == N)
        return float(np.median(self.intervals[between] if between.sum() > 10 else self.intervals))

    def ventricular(self, most: int, rng: np.random.Generator) -> list[Float64[np.ndarray, "lead 114"]]:
        """Ventricular ectopic waves, in heights of a normal QRS complex: what others may be given."""
        places = rng.permutation(np.flatnonzero(self.labels == V))[:most]
        return [self.waves[place] / self.heights for place in places]


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
    signals += _fibrillation(composer.fibrillating, signals.shape[1], material.heights, rng)
    annotations = Annotations(peaks, [LABELS[label] for label in composer.labels])
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
        self.fibrillation_left = self.run_left = self.variant_left = 0
        self.paused = False

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
        elif self.run_left or self._happens(self.script.premature):
            self._premature(wave)
        else:
            self._sinus(wave, self.material.intervals[beat] * self.script.rate)

    def _happens(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _put(self, wave: np.ndarray, label: int, interval: float) -> None:
        """A beat now, and so long until the next."""
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
        self.p_change: PChange = self.rng.choice(USUAL_P_CHANGES, p=P_CHANGE_SHARES)
        self.aberrant = self._happens(ABERRANT)
        if self.times:
            self.now = self.times[-1] + max(self.run_interval * self.rng.uniform(0.85, 1.1), SHORTEST)

    def _sinus(self, wave: np.ndarray, interval: float) -> None:
        """In time; perhaps a ventricular ectopic beat of another comes before it, or a pause after it."""
        self.usual = REMEMBERED * self.usual + (1 - REMEMBERED) * interval
        if self.donated and self.times and self._happens(self.script.ventricular):
            self._ventricular()
        swing = self.script.breathing * np.sin(self.phase + 2 * np.pi * self.frequency * self.now / BEAT_FS)
        interval = np.clip(interval * np.exp(swing + self.unrest + self.drift), SHORTEST, LONGEST)
        wave = self._varied(wave)
        if self.paused and self._happens(0.4):
            wave = with_other_p_wave(wave, "none", self.rng)  # an escape beat
        self.paused = self._happens(self.script.pause)
        if self.paused:
            interval *= self.rng.uniform(1.3, 2.5)
        self._put(wave, N, interval)

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
    times: Sequence[float], length: int, heights: Float64[np.ndarray, "lead 1"], rng: np.random.Generator
) -> Float64[np.ndarray, "lead sample"]:
    """The atria's own waves around these beats, 4.5 to 8 a second; in half of the patients they are not seen."""
    on = np.zeros(length)
    for time in np.round(times).astype(np.int64).tolist():
        on[max(time - BEFORE, 0) : time + AFTER] = 1.0
    if not on.any() or rng.random() < 0.5:
        return np.zeros((len(heights), length))
    phase = np.cumsum(rng.uniform(4.5, 8.0) + rng.normal(0, 0.6, length)) / BEAT_FS * 2 * np.pi
    sizes = rng.uniform(0.02, 0.12) * heights * rng.uniform(-1.5, 1.5, heights.shape)
    swelling = 1 + 0.3 * np.sin(2 * np.pi * 0.3 * np.arange(length) / BEAT_FS)
    return np.asarray(sizes * on * swelling * np.sin(phase))
