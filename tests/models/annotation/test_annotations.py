import csv
import io

import numpy as np
import pytest
import wfdb

from ecg import Recording, choose_leads
from ecg.synthetic import synthesize
from models import AnnotatedRecording, Classifier, Plan, Solver, annotate_recording
from models.annotation.forms import CSV, FORMS, WFDB
from models.annotation.json import recording_object

FS = 250


@pytest.fixture(scope="module")
def whole(checkpoints):
    """Two leads, of which the first fails from 40 s to 70 s, and both do from 100 s to 115 s."""
    made = synthesize(150, fs=FS, leads=("MLII", "V1"), seed=5)
    signals, rng = made.signals.copy(), np.random.default_rng(0)
    signals[0, 40 * FS : 70 * FS] = rng.normal(0, 2.0, 30 * FS)
    signals[:, 100 * FS : 115 * FS] = rng.normal(0, 2.0, (2, 15 * FS))
    recording = Recording("made", signals.astype(np.float32), made.leads, made.fs)
    plan = Plan.of(Classifier.load(checkpoints["odenet"]), "recording", Solver("rk4", step=0.5))
    leads = choose_leads(recording, "MLII")
    return AnnotatedRecording.of(recording, plan, leads, list(annotate_recording(plan, recording, leads)))


@pytest.fixture
def marks(whole, tmp_path):
    WFDB.write(whole, tmp_path / "made.cde")
    return wfdb.rdann(str(tmp_path / "made"), "cde")


def noisy_at(marks, sample):
    """The bits of the noisy leads, as the last mark up to a sample says."""
    before = [
        bits
        for at, symbol, bits in zip(marks.sample, marks.symbol, marks.subtype, strict=True)
        if symbol == "~" and at <= sample
    ]
    return before[-1] if before else 0


def test_a_signal_quality_mark_says_which_leads_are_noisy(marks, whole):
    found = whole.beats.found
    for peak, quality, second in zip(found.peaks.tolist(), found.quality, found.second.tolist(), strict=True):
        assert noisy_at(marks, peak) == {"good": int(second), "noisy": 0b11}.get(quality, 0)
    assert {"good", "noisy"} <= set(found.quality)


def test_each_beat_is_on_the_lead_that_it_was_cut_from(marks, whole):
    beats = np.array(marks.symbol) != "~"
    assert marks.sample[beats].tolist() == whole.beats.found.peaks.tolist()
    assert marks.chan[beats].tolist() == whole.beats.found.second.astype(int).tolist()
    assert whole.beats.found.second.any()


def test_segments_are_the_same_in_json_and_beside_the_rows(whole, tmp_path):
    CSV.write(whole, tmp_path / "made.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "made.segments.csv").read_text())))
    segments = recording_object(whole)["segments"]
    assert [(float(row["start"]), float(row["end"]), row["lead"] or None) for row in rows] == [
        (one["start"], one["end"], one["lead"]) for one in segments
    ]
    assert [(row["judged"] == "True", row["reason"] or None) for row in rows] == [
        (one["judged"], one["reason"]) for one in segments
    ]
    assert {one["lead"] for one in segments} == {"MLII", "V1", None}
    assert any(not one["judged"] and one["start"] < 110 < one["end"] for one in segments)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_what_a_form_writes_is_what_it_says_it_does(form, whole, tmp_path):
    file = tmp_path / f"made.{form.extension}"
    form.write(whole, file)
    assert sorted(tmp_path.iterdir()) == sorted(form.files(file))
