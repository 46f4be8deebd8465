import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from app.__main__ import main as app
from ecg import Annotations, FoundBeats, InvalidComparison, Stretch, cut_annotated_beats
from ecg.formats import wfdb
from ecg.scoring import count
from ecg.synthetic import synthesize
from models import Classifier, Solver
from models.networks.architecture import RhythmODENetArchitecture
from tests.training.synthetic import nearest, patients_of_matrices, write_wfdb
from training.data.annotations import compare_beats, read_folders
from training.data.databases import DS1, DS2
from training.errors import UnexpectedData
from training.evaluation.patients import (
    AS_PAPERS,
    AS_SERVED,
    AT_ONCE,
    CLASS_OF,
    VIEWS,
    Patients,
    View,
    annotated_by,
    annotations_of,
    compare_with_reference,
    evaluate_patients,
    given_beats,
)
from training.measures.scores import Bin, Confidence, Covered

MADE = synthesize(330, fs=250.0, ectopic={"V": 0.1, "S": 0.1}, leads=("MLII", "V1"), seed=11)
MARKS = MADE.beat_annotations()
ALL = "nsvfqox"


@pytest.fixture(scope="module")
def patients():
    return evaluate_patients(nearest(), [MADE, replace(MADE, name="again")], name="nearest", sha256="0123")


def with_symbols(recording, symbols):
    return replace(recording, annotations=Annotations(recording.beat_annotations().samples, symbols))


@pytest.mark.parametrize("model", ["odenet", "resnet"])
def test_peaks_that_are_found_are_annotated_and_scored_as_by_the_commands(tmp_path, checkpoints, model):
    header, results = write_wfdb(MADE, tmp_path, "made"), tmp_path / "results"
    command = ["annotate", str(header), "--model", str(checkpoints[model]), "--format", "wfdb", "--out", str(results)]
    assert app(command) == 0
    recording = wfdb.read(tmp_path / "made")
    written = wfdb.read_annotations(results / "made", wfdb.ANNOTATOR)
    said = annotations_of(annotated_by(Classifier.load(checkpoints[model]), recording, "found"))
    np.testing.assert_array_equal(said.samples, written.samples)
    assert said.symbols == written.symbols
    both = read_folders(tmp_path, results, ["made"], reference_annotator="atr", test_annotator="cde")
    (scored,) = compare_beats(both, class_of=CLASS_OF)
    compared = compare_with_reference(recording, said, AS_SERVED.start)
    np.testing.assert_array_equal(compared.confusion, scored.confusion)
    assert (compared.name, compared.interval_error) == (scored.name, scored.interval_error)


def test_given_beats_are_those_that_a_beat_model_learns_from_and_the_last():
    parts = [part.beats for part in given_beats(MADE)]
    beats, annotated = FoundBeats.joined(parts), cut_annotated_beats(MADE)
    assert [len(part) for part in parts] == [AT_ONCE, len(beats) - AT_ONCE]
    np.testing.assert_array_equal(beats.values[:-1], annotated.values)
    np.testing.assert_array_equal(beats.peaks, MARKS.samples)
    assert beats.good.all()
    assert beats.broken.tolist() == [True] + [False] * (len(beats) - 1)


def test_no_interval_spans_a_flutter_and_what_is_no_beat_is_none():
    samples = np.array([250, 500, 600, 700, 800, 1000, 1250, 1300])
    marked = replace(MADE, annotations=Annotations(samples, ("N", "+", "[", "!", "]", "V", "N", "~")))
    beats = FoundBeats.joined([part.beats for part in given_beats(marked)])
    assert beats.peaks.tolist() == [250, 1000, 1250]
    assert beats.broken.tolist() == [True, True, False]


@pytest.mark.parametrize("symbols", [(), ("N",)])
def test_beats_that_have_no_length_are_none(symbols):
    few = replace(MADE, annotations=Annotations(np.arange(len(symbols)) + 900, symbols))
    assert [len(part.beats) for part in given_beats(few)] == [0]


def test_given_beats_are_decided_on_by_themselves():
    said = annotations_of(annotated_by(nearest(), MADE, "given"))
    labels = nearest().classify(cut_annotated_beats(MADE).values).labels
    np.testing.assert_array_equal(said.samples, MARKS.samples)
    assert said.symbols[:-1] == tuple("NSVFQ"[label] for label in labels)
    assert len(set(said.symbols)) > 1


def test_given_beats_are_decided_on_in_the_context_of_each_other():
    torch.manual_seed(1)
    classifier = Classifier(RhythmODENetArchitecture().build(5), Solver())
    said = annotations_of(annotated_by(classifier, MADE, "given"))
    peaks = MARKS.samples
    beats = Stretch.cut(MADE, (0, 1), peaks, np.arange(len(peaks)) == 0).in_context()
    assert said.symbols == tuple("NSVFQ"[label] for label in classifier.classify(beats).labels)


def test_each_recording_is_looked_at_in_every_view(patients):
    assert set(patients.views) == set(VIEWS) and len(VIEWS) == 4
    assert patients.recordings == ["synthetic-11", "again"]
    for comparisons in patients.views.values():
        np.testing.assert_array_equal(comparisons[0].confusion, comparisons[1].confusion)


def test_confidence_is_of_all_given_beats(patients):
    right = sum(int(comparison.confusion.diagonal()[:5].sum()) for comparison in patients.views[AS_PAPERS])
    bins = patients.confidence.reliability
    assert sum(own.beats for own in bins) == 2 * len(MARKS.samples)
    assert sum(own.beats * own.accuracy for own in bins) == pytest.approx(right)
    assert patients.confidence.coverages == ()


def test_given_beats_all_have_a_partner(patients):
    whole, late = (patients.views[view][0].confusion for view in (AS_PAPERS, View("given", 300.0)))
    assert count(whole, ("NSVFQ", ALL)) == len(MARKS.samples)
    for confusion in (whole, late):
        assert count(confusion, ("NSVFQ", "ox")) == count(confusion, ("OX", "nsvfq")) == 0


def test_the_first_five_minutes_are_left_out_or_not(patients):
    samples = MARKS.samples
    for peaks in ("found", "given"):
        late, whole = (patients.views[View(peaks, start)][0].confusion for start in (300.0, 0.0))
        assert count(late, ("NSVFQ", ALL)) == np.count_nonzero(samples >= 300 * 250)
        assert count(whole, ("NSVFQ", ALL)) == len(samples)


def test_escape_beats_are_normal():
    symbols = tuple("ejNn"[place % 4] for place in range(len(MARKS.samples)))
    recording = with_symbols(MADE, symbols)
    confusion = compare_with_reference(recording, recording.beat_annotations(), 0.0).confusion
    assert count(confusion, ("N", "n")) == sum(symbol != "n" for symbol in symbols)


def test_a_beat_that_cannot_be_judged_is_found_and_not_classified():
    signals, peak = MADE.signals.copy(), MARKS.samples[-20]
    signals[0, peak + 60 : peak + 90] = np.nan
    said = annotations_of(annotated_by(nearest(), replace(MADE, signals=signals), "found"))
    nearby = np.abs(said.samples - peak).argmin()
    assert said.symbols[nearby] == "?"
    assert count(compare_with_reference(MADE, said, 300.0).confusion, ("NSV", "q")) >= 1


def test_recordings_that_were_trained_on_are_known():
    def of(*names):
        compared = compare_with_reference(MADE, MARKS, 0.0)
        return Patients("any", "", {view: [replace(compared, name=name) for name in names] for view in VIEWS})

    assert of(DS2[0], DS1[3], "mine").known == [DS1[3]]
    assert of(*DS2).known == []


def test_a_recording_that_ends_while_others_learn_is_refused():
    with pytest.raises(InvalidComparison, match="starts at 300"):
        evaluate_patients(nearest(), [synthesize(60)])


CONFIDENCE = Confidence((Bin(0.6, 0.5, 4), Bin(0.9, 0.9, 20)), (Covered(1.0, 1.0, 0.2), Covered(0.5, 0.0, None)), 0.01)


@pytest.mark.parametrize("confidence", [None, CONFIDENCE])
def test_what_is_written_is_read(tmp_path, confidence):
    patients, file = patients_of_matrices(confidence=confidence), tmp_path / "patients.json"
    patients.save(file)
    read = Patients.load(file)
    assert (read.name, read.sha256, list(read.views)) == (patients.name, patients.sha256, list(patients.views))
    assert read.confidence == confidence
    for view, comparisons in patients.views.items():
        for one, other in zip(comparisons, read.views[view], strict=True):
            np.testing.assert_array_equal(one.confusion, other.confusion)
            assert (one.name, one.interval_error, one.shutdown) == (other.name, other.interval_error, other.shutdown)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("views"),
        lambda content: content["views"].pop(),
        lambda content: content.update(classes="NSVFQ"),
        lambda content: content["views"][0]["recordings"][0]["confusion"].pop(),
        lambda content: content["views"][0]["recordings"][0].update(confusion="no"),
    ],
)
def test_what_is_something_else_is_refused(tmp_path, change):
    file = tmp_path / "patients.json"
    patients_of_matrices().save(file)
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    with pytest.raises(UnexpectedData, match=r"patients\.json .* create it again"):
        Patients.load(file)


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "damaged.json").write_text("{")
    for name in ("missing.json", "damaged.json"):
        with pytest.raises(UnexpectedData, match=name):
            Patients.load(tmp_path / name)
