"""Streams: does a live signal get the answers of a recording, and how soon?

`python -m benchmarks.stream` (the recordings of mitdb in CARDIODE_DATA; about ten minutes) gives each recording to a
live `BeatStream` in pieces of a tenth of a second and reports

- how many of the beats that are found in the whole recording at once are found in the stream too, within one sample at
  125 Hz, and have the same label or are not judged in both;
- how much signal there was after a beat's R peak when the beat came back, beyond its R-R interval. A beat is 1.2
  intervals long, so that of a slow heart cannot come sooner than 0.2 intervals after the next R peak.
"""

import numpy as np
from tqdm import tqdm

from benchmarks import explain
from ecg import BEAT_FS, BeatStream, FoundBeats, Recording, choose_leads, find_beats
from models import Classifier, Plan, annotate
from training.data.databases import data_folder, read_recordings

PIECE_SECONDS = 0.1
PROMISED = 0.2
"""Seconds after the next R peak."""


def main() -> None:
    explain(__doc__)
    plan = Plan.of(Classifier.load("odenet"), "live")
    same = total = 0
    late: list[np.ndarray] = []
    allowed: list[np.ndarray] = []
    for recording in tqdm(read_recordings(data_folder()), total=48, desc="streams", disable=None):
        leads = choose_leads(recording)
        whole = FoundBeats.joined([part.beats for part in find_beats(recording, leads)])
        live, seen = follow(recording, leads)
        same += agreeing(plan, recording.fs, whole, live)
        total += len(whole)
        intervals = np.diff(live.peaks) / recording.fs
        followed = seen[: len(intervals)] - live.peaks[: len(seen)][: len(intervals)] / recording.fs
        late.append(followed - intervals[: len(followed)])
        allowed.append(np.maximum(PROMISED, 0.2 * intervals[: len(followed)]))
    seconds = np.concatenate(late)
    bound = np.concatenate(allowed) + PIECE_SECONDS
    print(f"{same / total:.2%} of {total:,} beats are answered live as in the whole recording")
    print(
        f"a beat comes {np.median(seconds):.2f} s after the next R peak (median; 95 % within "
        f"{np.percentile(seconds, 95):.2f} s), pieces of {PIECE_SECONDS} s included"
    )
    print(f"{np.mean(seconds <= bound):.1%} come within {PROMISED} s, or 0.2 intervals, and one piece")


def follow(recording: Recording, leads: tuple[int, ...]) -> tuple[FoundBeats, np.ndarray]:
    """The beats of a live stream, and how many seconds of signal there were when each came."""
    stream = BeatStream(len(leads), recording.fs, live=True)
    signals = recording.signals[list(leads)]
    step = round(PIECE_SECONDS * recording.fs)
    parts, seen = [], []
    for start in range(0, signals.shape[1], step):
        parts.append(stream.push(signals[:, start : start + step]))
        seen += [(start + step) / recording.fs] * len(parts[-1])
    parts.append(stream.finish())
    return FoundBeats.joined(parts), np.array(seen)


def agreeing(plan: Plan, fs: float, whole: FoundBeats, live: FoundBeats) -> int:
    """How many beats of the whole recording have the same answer in the stream."""
    labels = annotate(plan, live).labels
    places = np.clip(np.searchsorted(live.peaks, whole.peaks - fs / BEAT_FS), 0, max(len(live) - 1, 0))
    return sum(
        abs(int(live.peaks[place]) - peak) <= fs / BEAT_FS and labels[place] == label
        for peak, place, label in zip(whole.peaks.tolist(), places, annotate(plan, whole).labels, strict=True)
    )


if __name__ == "__main__":
    main()
