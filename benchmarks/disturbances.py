"""Disturbances: what does one part of a signal do to the beats of another?

`python -m benchmarks.disturbances` puts 20 s of each kind of disturbance, and changes of gain, into clean minutes of
recordings of mitdb and svdb (CARDIODE_DATA), and counts which beats of the clean parts, 3 s off their edges, are lost
or were not there before, by those that are found in the clean minutes alone; and what is taken for a beat within the
disturbance. It needs nothing but `ecg.detection.peaks`, and so can be run on older versions too.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64
from tqdm import tqdm

from benchmarks import explain
from ecg.detection.peaks import PeakDetector
from ecg.formats import wfdb
from ecg.signal.gaps import GapFiller
from training.data.databases import data_folder

RECORDINGS = (
    ("mitdb/100", (0,)),
    ("mitdb/111", (0,)),
    ("mitdb/119", (0,)),
    ("mitdb/209", (0, 1)),
    ("mitdb/234", (0, 1)),
    ("svdb/800", (0,)),
    ("svdb/824", (0, 1)),
)
"""In which a minute from 100 s on, and the one after it, are clean."""

FROM, MINUTE, DISTURBED, EDGE = 100.0, 60.0, 20.0, 3.0
TOLERANCE = 0.15

Signals = Float64[np.ndarray, "lead sample"]
KINDS = (
    "zeros",
    "gap",
    "noise of 50 uV",
    "P waves alone",
    "noise of 5 mV",
    "noise of 0.5 V",
    "spikes of 20 mV",
    "sine of 7 Hz",
    "saturation",
    "nothing",
)


def main() -> None:
    explain(__doc__)
    print("| between | gain after | expected | lost | extra | within it |")
    print("|---|---:|---:|---:|---:|---:|")
    recordings = [(_clean(data_folder() / name, leads)) for name, leads in RECORDINGS]
    cases = [(kind, gain) for kind in KINDS for gain in (1.0, 0.2, 5.0) if (kind, gain) != ("nothing", 1.0)]
    for kind, gain in tqdm(cases, desc="disturbing", unit="case", disable=None):
        counts = np.sum([_counts(signals, fs, kind, gain) for signals, fs in recordings], axis=0)
        print(f"| {kind} | {gain:g} | {' | '.join(map(str, counts.tolist()))} |")


def _between(kind: str, shape: tuple[int, int], fs: float) -> Signals:
    """A disturbance, in mV."""
    rng, time = np.random.default_rng(0), np.arange(shape[1]) / fs
    match kind:
        case "zeros":
            return np.zeros(shape)
        case "gap":
            return np.full(shape, np.nan)
        case "noise of 50 uV" | "noise of 5 mV" | "noise of 0.5 V":
            return rng.normal(0, {"noise of 50 uV": 0.05, "noise of 5 mV": 5.0, "noise of 0.5 V": 500.0}[kind], shape)
        case "P waves alone":
            places = np.arange(0.4, shape[1] / fs, 0.8)[:, None]
            return np.asarray(
                0.15 * np.exp(-(((time - places) / 0.04) ** 2) / 2).sum(axis=0) + rng.normal(0, 0.005, shape)
            )
        case "spikes of 20 mV":
            return np.where(rng.random(shape) < 1.5 / fs, 20.0, 0.0)
        case "sine of 7 Hz":
            return np.tile(3 * np.sin(2 * np.pi * 7 * time), (shape[0], 1))
        case "saturation":
            return np.tile(np.where(time // 0.7 % 2, 5.0, -5.0), (shape[0], 1))
        case _:
            return np.zeros((shape[0], 0))


def _clean(record: Path, leads: tuple[int, ...]) -> tuple[Signals, float]:
    recording = wfdb.read(record)
    start, stop = (round(seconds * recording.fs) for seconds in (FROM, FROM + 2 * MINUTE))
    return np.array(recording.signals[list(leads), start:stop], np.float64), recording.fs


def _counts(signals: Signals, fs: float, kind: str, gain: float) -> Int64[np.ndarray, "4"]:
    """Beats that are expected, lost, extra, and found within the disturbance."""
    half = signals.shape[1] // 2
    between = _between(kind, (len(signals), round(DISTURBED * fs)), fs)
    shift = between.shape[1]
    alone = _peaks(signals, fs)
    found = _peaks(np.concatenate([signals[:, :half], between, gain * signals[:, half:]], axis=1), fs)
    edge, counts = round(EDGE * fs), np.zeros(4, np.int64)
    for start, stop, by in ((0, half - edge, 0), (half + edge, 2 * half - edge, shift)):
        expected = alone[(alone >= start) & (alone < stop)]
        there = found[(found >= start + by) & (found < stop + by)] - by
        both = _near(expected, there, fs)
        counts += (len(expected), len(expected) - both, len(there) - _near(there, expected, fs), 0)
    counts[3] = np.count_nonzero((found > half + 0.3 * fs) & (found < half + shift - 0.3 * fs))
    return counts


def _near(some: Int64[np.ndarray, "some"], others: Int64[np.ndarray, "others"], fs: float) -> int:
    """How many have another within the tolerance."""
    if not len(others):
        return 0
    return int((np.abs(some[:, None] - others).min(axis=1) <= TOLERANCE * fs).sum())


def _peaks(signals: Signals, fs: float) -> Int64[np.ndarray, "peak"]:
    detector = PeakDetector(len(signals), fs)
    parts = [detector.push(GapFiller(len(signals)).fill(signals)), detector.finish()]
    return np.concatenate([part.samples for part in parts])


if __name__ == "__main__":
    main()
