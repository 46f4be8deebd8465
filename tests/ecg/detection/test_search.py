import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import FoundBeats, Recording, UnknownLead, choose_leads, find_beats, in_stretches
from ecg.detection.search import STRETCH_SECONDS, FoundPart
from ecg.formats import wfdb
from ecg.signal.quality import Quality
from ecg.synthetic import synthesize

MADE = synthesize(300, fs=250.0, leads=("MLII", "V1"), seed=4)
NOISE = np.float32(np.random.default_rng(0).normal(0, 0.3, MADE.signals.shape[1:]))


def recording(**signals):
    return Recording("made", np.array(list(signals.values()), np.float32), tuple(signals), 250.0)


def beats(made, leads):
    parts = list(find_beats(made, leads))
    return FoundBeats.joined([part.beats for part in parts]), parts[-1].reason


def test_of_leads_of_like_quality_one_is_chosen_by_name():
    assert choose_leads(recording(V1=MADE.signals[1], II=MADE.signals[0])) == (1, 0)


def test_a_name_that_only_looks_like_a_leads_chooses_nothing():
    assert choose_leads(recording(ECG1=MADE.signals[0], ECG2=MADE.signals[1])) == (0, 1)
    assert choose_leads(recording(**{"ECG": MADE.signals[0], "ECG 2": NOISE})) == (0, 1)


def test_the_lead_is_chosen_by_what_it_shows_over_the_whole_recording():
    fails = MADE.signals[0].copy()
    fails[25_000:] = NOISE[25_000:]
    assert choose_leads(recording(II=fails, V1=MADE.signals[1])) == (1, 0)


def test_the_second_lead_is_the_best_of_the_others():
    assert choose_leads(recording(II=MADE.signals[0], a=NOISE, V1=MADE.signals[1])) == (0, 2)


def test_where_no_name_is_known_the_clearest_lead_is_chosen():
    assert choose_leads(recording(a=NOISE, b=MADE.signals[0], c=NOISE))[0] == 1


def test_a_lead_of_the_right_name_that_is_off_is_passed_over():
    assert choose_leads(recording(II=np.zeros_like(NOISE), V1=MADE.signals[1]))[0] == 1


def test_a_lead_that_is_asked_for_is_taken_whatever_it_is():
    assert choose_leads(recording(II=MADE.signals[0], V1=NOISE), "V1") == (1, 0)
    with pytest.raises(UnknownLead):
        choose_leads(recording(II=NOISE), "V1")


def test_the_beats_of_all_parts_are_those_that_are_there():
    found, reason = beats(MADE, choose_leads(MADE))
    true = MADE.beat_annotations().samples
    assert reason is None
    assert abs(len(found) - len(true)) <= 1
    assert np.abs(found.peaks[:, None] - true).min(axis=1).max() <= 3
    assert set(found.quality) <= {"good", "cut_off"}


def test_progress_goes_from_part_to_part_to_the_end():
    seconds = [part.seconds for part in find_beats(MADE, (0,))]
    assert seconds == sorted(seconds) and seconds[-1] == MADE.seconds


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        (NOISE, "nothing in it looks like an ECG: of .* places that might be beats, .* noisy"),
        (np.zeros(50_000), "flat or was not recorded"),
        (np.full(50_000, np.nan), "flat or was not recorded"),
        (np.zeros(0), "no samples"),
        (MADE.signals[0, :400], "fewer than 3 beats can be judged"),
        (MADE.signals[0] / 1000, "nothing in it stands out by 50 uV; if it is in another unit, say which"),
        (0.3 * np.sin(np.arange(50_000) / 5), "nothing in it looks like an ECG"),
    ],
)
def test_what_is_no_ecg_gives_no_beats_and_the_reason(signal, reason):
    made = recording(II=signal)
    found, why = beats(made, choose_leads(made))
    assert len(found) == 0
    assert re.search(reason, why or "")


def test_a_recording_without_leads_says_what_it_has_instead():
    made = Recording("made", np.zeros((0, 0), np.float32), (), 250.0, left_out=("RESP (NU)", "ABP (mmHg)"))
    found, why = beats(made, choose_leads(made))
    assert len(found) == 0 and why == "no signal in it is a lead of an ECG: it has RESP (NU), ABP (mmHg)"


@pytest.mark.parametrize("name", ["bw", "em", "ma"])
def test_real_noise_gives_no_beats(name, mitdb):
    made = wfdb.read(mitdb / "nstdb" / name, None)
    for lead in range(2):
        assert len(beats(made, (lead,))[0]) == 0
    assert len(beats(made, (0, 1))[0]) == 0


def parts_of(peaks, edges, fs, reason=None):
    """Parts of these peaks, cut at some places; their beats can be told apart by their values."""
    parts = []
    for piece in np.split(np.arange(len(peaks)), edges):
        values = np.tile(piece[:, None].astype(np.float32), (1, 187))
        quality: tuple[Quality, ...] = tuple("good" if number % 3 else "noisy" for number in piece.tolist())
        beats = FoundBeats(values, peaks[piece].astype(np.int64), quality, piece % 5 == 0, piece % 7 == 0)
        parts.append(FoundPart(beats, float(peaks[piece[-1]] / fs) if len(piece) else 0.0))
    parts.append(FoundPart(FoundBeats.joined([]), float(peaks[-1] / fs) if len(peaks) else 0.0, reason))
    return parts


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400), st.integers(0, 6), st.sampled_from([50.0, 360.0]), st.integers(0, 2**31))
def test_stretches_are_the_same_beats_none_longer_than_three_quarters_of_an_hour(beats, pieces, fs, seed):
    rng = np.random.default_rng(seed)
    often = rng.dirichlet(np.ones(4))
    peaks = np.round(np.cumsum(rng.choice([1.0, 60.0, 600.0, 4000.0], beats, p=often)) * fs)
    edges = sorted(rng.integers(0, beats + 1, pieces).tolist())
    parts = parts_of(peaks, edges, fs, "why")
    stretches = list(in_stretches(parts, fs))
    joined, expected = (FoundBeats.joined([part.beats for part in some]) for some in (stretches, parts))
    np.testing.assert_array_equal(joined.peaks, expected.peaks)
    np.testing.assert_array_equal(joined.values, expected.values)
    np.testing.assert_array_equal(joined.broken, expected.broken)
    assert joined.quality == expected.quality
    lengths = [np.ptp(part.beats.peaks) / fs for part in stretches if len(part.beats)]
    assert all(length < STRETCH_SECONDS for length in lengths[:-1])
    assert all(length <= 1.5 * STRETCH_SECONDS for length in lengths[-1:])
    assert [part.reason for part in stretches if part.reason] == ["why"] and stretches[-1].reason == "why"


def test_a_stretch_is_half_an_hour_and_progress_goes_on_meanwhile():
    peaks = np.arange(3 * 3600) * 250
    stretches = list(in_stretches(parts_of(peaks, range(180, 3 * 3600, 180), 250.0), 250.0))
    assert [len(part.beats) for part in stretches if len(part.beats)] == [1800] * 5 + [1800]
    seconds = [part.seconds for part in stretches]
    assert seconds == sorted(seconds) and len(set(seconds)) == 60


def test_the_last_stretch_is_longer_rather_than_a_short_one_more():
    peaks = np.arange(3600 + 800) * 250
    stretches = list(in_stretches(parts_of(peaks, range(180, len(peaks), 180), 250.0), 250.0))
    assert [len(part.beats) for part in stretches if len(part.beats)] == [1800, 2600]


def test_hours_of_beats_that_come_at_once_are_stretches_too():
    peaks = np.arange(5 * 3600) * 250
    lengths = [len(part.beats) for part in in_stretches(parts_of(peaks, [], 250.0), 250.0)]
    assert [length for length in lengths if length] == [1800] * 9 + [1800]


def test_where_there_are_no_beats_a_stretch_says_why():
    (nothing,) = in_stretches([], 250.0)
    assert len(nothing.beats) == 0
    *_, last = in_stretches(find_beats(recording(II=np.zeros(50_000)), (0,)), 250.0)
    assert len(last.beats) == 0 and "flat or was not recorded" in last.reason and last.seconds == 200.0
