import re

import numpy as np
import pytest

from ecg import FoundBeats, Recording, UnknownLead, choose_leads, find_beats
from ecg.formats import wfdb
from ecg.synthetic import synthesize

MADE = synthesize(300, fs=250.0, leads=("MLII", "V1"), seed=4)
NOISE = np.random.default_rng(0).normal(0, 0.3, MADE.signals.shape[1]).astype(np.float32)


def recording(**signals):
    return Recording("made", np.array(list(signals.values()), np.float32), tuple(signals), 250.0)


def beats(made, leads):
    parts = list(find_beats(made, leads))
    return FoundBeats.joined([part.beats for part in parts]), parts[-1].reason


def test_a_lead_is_chosen_by_name():
    assert choose_leads(recording(V1=MADE.signals[1], II=MADE.signals[0])) == (1, 0)


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


@pytest.mark.parametrize("name", ["bw", "ma"])
def test_real_noise_gives_no_beats(name, mitdb):
    made = wfdb.read(mitdb / "nstdb" / name, None)
    for lead in range(2):
        assert len(beats(made, (lead,))[0]) == 0
