from dataclasses import replace

import numpy as np
import pytest

from ecg import (
    CONTEXT_LENGTH,
    LABELS,
    Annotations,
    FoundBeats,
    Recording,
    Stretch,
    choose_leads,
    find_beats,
    label_of,
)
from ecg.context.context import EARLIER, LATER
from ecg.detection import search
from ecg.matching import labels_at
from ecg.synthetic import synthesize
from tests.training.synthetic import write_mitdb, write_wfdb
from training.data.database import Database
from training.data.databases import MITDB
from training.data.dataset import Dataset
from training.data.groups import Group
from training.synthesis.disturbance import Disturber
from training.synthesis.examples import (
    Synthesis,
    at_beat_rate,
    detected,
    make_examples,
    material_of,
)
from training.synthesis.material import BEFORE

MADE = synthesize(240, fs=250.0, ectopic={"V": 0.1, "S": 0.05}, leads=("MLII", "V1"), seed=1)
N, V = LABELS.index("N"), LABELS.index("V")


def test_what_is_found_goes_the_way_that_serving_goes():
    found, beats = detected(MADE, (0, 1))
    expected = FoundBeats.joined([part.beats for part in find_beats(MADE, (0, 1))])
    np.testing.assert_array_equal(found.peaks, expected.peaks)
    context = Stretch.cut(MADE, (0, 1), found.peaks, found.broken).in_context()
    np.testing.assert_array_equal(beats.values, context.values)
    labels = labels_at(found.peaks, MADE.beat_annotations(), 250.0)
    counts = [int((labels == place).sum()) for place in range(len(LABELS))]
    symbols = [label_of(symbol) for symbol in MADE.beat_annotations().symbols]
    assert counts == pytest.approx([symbols.count(label) for label in LABELS], abs=2)


@pytest.mark.parametrize("live", [False, True])
def test_where_nothing_is_found_there_are_no_examples(live):
    nothing = replace(MADE, signals=np.zeros_like(MADE.signals))
    found, beats = detected(nothing, (0, 1), live=live)
    assert len(found) == len(beats) == 0


def test_live_beats_are_told_nothing_that_comes_after_the_next():
    ends = 200 * 250
    whole, beats = detected(MADE, (0, 1), live=True)
    cut, so_far = detected(replace(MADE, signals=MADE.signals[:, :ends]), (0, 1), live=True)
    same = int(np.searchsorted(cut.peaks, ends - 3 * 250))  # what is near the end is resampled otherwise
    np.testing.assert_array_equal(whole.peaks[:same], cut.peaks[:same])
    np.testing.assert_allclose(beats.values[: same - 1], so_far.values[: same - 1], atol=1e-5)
    assert (beats.rhythm[:, EARLIER + 2 : EARLIER + 1 + LATER] == 0).all() and beats.rhythm[:, EARLIER + 1].any()
    _, looking_back = detected(MADE, (0, 1))
    assert np.abs(looking_back.values - beats.values).max() > 0.1


def test_live_beats_are_all_the_beats_in_their_order():
    found, beats = detected(MADE, (0, 1), live=True)
    _, looking_back = detected(MADE, (0, 1))
    assert len(beats) == len(found)
    own = [EARLIER, EARLIER - 1]
    difference = np.abs(looking_back.rhythm[:, own] - beats.rhythm[:, own])
    assert np.median(difference) < 0.02  # the intervals are the same, what is usual around them nearly


@pytest.mark.parametrize("beats", [2, 5, 9, 30])
def test_a_live_recording_of_few_beats_has_examples_too(beats):
    samples = MADE.beat_annotations().samples
    found, context = detected(replace(MADE, signals=MADE.signals[:, : samples[beats] + 50]), (0, 1), live=True)
    assert len(context) == len(found) and np.isfinite(context.values).all()


def test_at_the_rate_of_beats_the_lead_that_beats_are_cut_from_comes_first():
    turned = replace(MADE, signals=MADE.signals[::-1], leads=("V1", "MLII"))
    plain = at_beat_rate(turned)
    assert (plain.fs, plain.leads) == (125, ("MLII", "V1"))
    assert plain.signals.shape == (2, 240 * 125)
    np.testing.assert_allclose(plain.beat_annotations().samples, MADE.beat_annotations().samples / 2, atol=0.5)
    assert plain.beat_annotations().symbols == MADE.beat_annotations().symbols


def test_material_is_of_the_beats_that_are_found_and_annotated():
    made = material_of(MADE)
    symbols = [label_of(symbol) for symbol in MADE.beat_annotations().symbols]
    assert len(made.labels) == pytest.approx(len(symbols), abs=2)
    assert np.count_nonzero(made.labels == V) == pytest.approx(symbols.count("V"), abs=1)
    middle = np.median(made.waves[made.labels == N, 0], axis=0)
    assert abs(int(middle.argmax()) - BEFORE) <= 2
    unmarked = replace(MADE, annotations=Annotations(MADE.beat_annotations().samples[:50], symbols[:50]))
    assert len(material_of(unmarked).labels) == pytest.approx(50, abs=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """101 has ventricular ectopic beats, 100 and 103 have none, 105 has but one lead that shows anything."""
    made = {
        name: synthesize(60, ectopic={"V": share}, leads=("MLII", "V1"), seed=seed)
        for seed, (name, share) in enumerate({"100": 0.0, "101": 0.2, "103": 0.0, "105": 0.0}.items())
    }
    made["105"].signals[1] *= 0
    return write_mitdb(tmp_path_factory.mktemp("data"), made)


def made_of(data, groups, synthesis):
    """The examples of groups of recordings of mitdb."""
    disturber = Disturber.read(data)
    return Dataset.joined([make_examples(Group(MITDB, data, names), disturber, synthesis) for names in groups])


def made_of_these(folder, data, recordings, synthesis):
    """The examples of recordings that are written to the folder first, in one group."""
    names = tuple(recording.name for recording in recordings)
    for recording in recordings:
        write_wfdb(recording, folder, recording.name)
    database = Database("made", "Made", "", names, paths={name: folder / name for name in names})
    return make_examples(Group(database, data, names), Disturber.read(data), synthesis)


def test_without_changes_examples_are_the_good_beats_that_are_annotated(data):
    made = made_of(data, (("100", "101"),), Synthesis(disturbed=0, composed=0))
    assert set(made.recordings.tolist()) == {"100", "101"}
    assert made.values.shape == (len(made), CONTEXT_LENGTH)
    for name, share in (("100", 0.0), ("101", 0.2)):
        labels = made.labels[made.recordings == name]
        assert len(labels) > 55 and set(labels.tolist()) <= {N, V}
        assert np.mean(labels == V) == pytest.approx(share, abs=0.1)


def test_made_recordings_are_told_by_their_name_and_come_after_the_one_they_are_made_of(data):
    made = made_of(data, (("100",), ("101",)), Synthesis(disturbed=2, composed=2))
    edges = np.flatnonzero(made.recordings[1:] != made.recordings[:-1]) + 1
    assert made.recordings[[0, *edges]].tolist() == ["100", "100+", "101", "101+"]
    assert np.isfinite(made.values).all() and (made.labels >= 0).all()
    plain = made_of(data, (("100",),), Synthesis(disturbed=0, composed=0))
    np.testing.assert_array_equal(made.values[made.recordings == "100"], plain.values)
    some = made.recordings == "100+"
    assert 20 < np.count_nonzero(some) < 5 * len(plain)


def test_composed_recordings_have_what_the_recording_has_not(data):
    made = made_of(data, (("100", "101"),), Synthesis(disturbed=0, composed=8, seed=1))
    composed = made.labels[made.recordings == "100+"]
    assert {LABELS[label] for label in set(composed.tolist())} == {"N", "S", "V"}
    disturbed = made_of(data, (("100", "101"),), Synthesis(disturbed=3, composed=0))
    assert set(disturbed.labels[disturbed.recordings == "100+"].tolist()) == {N}


def test_no_beat_is_given_to_another_group(data):
    apart = made_of(data, (("100", "103"), ("101",)), Synthesis(disturbed=1, composed=3))
    without = made_of(data, (("100", "103"),), Synthesis(disturbed=1, composed=3))
    first = np.isin(apart.recordings, ["100", "100+", "103", "103+"])
    np.testing.assert_array_equal(apart.values[first], without.values)
    np.testing.assert_array_equal(apart.labels[first], without.labels)
    assert not (without.labels == V).any()


def test_equal_seeds_make_equal_examples_and_others_do_not(data):
    one, same, other = (made_of(data, (("105",),), Synthesis(disturbed=1, composed=1, seed=seed)) for seed in (1, 1, 2))
    assert one.sha256 == same.sha256 != other.sha256


def test_a_recording_without_a_known_lead_is_looked_at_in_the_clearest(data):
    noise = np.random.default_rng(0).normal(0, 0.3, MADE.signals.shape[1]).astype(np.float32)  # type: ignore[attr-defined]
    strange = Recording("made", np.stack([noise, MADE.signals[0]]), ("a", "b"), 250.0, MADE.annotations)
    assert choose_leads(strange) == (1, 0) and at_beat_rate(strange).leads == ("b", "a")


def test_what_is_added_may_have_one_lead_beside_others_with_two(data, tmp_path):
    one = synthesize(90, fs=128.0, ectopic={"V": 0.2}, seed=5)
    two = synthesize(90, fs=500.0, leads=("MLII", "V1"), seed=6)
    made = made_of_these(tmp_path, data, [one, two], Synthesis(disturbed=1, composed=3))
    assert set(made.recordings.tolist()) == {"synthetic-5", "synthetic-5+", "synthetic-6", "synthetic-6+"}
    assert np.isfinite(made.values).all()
    assert (made.labels[made.recordings == "synthetic-6+"] == V).any()  # given by the other


def test_of_a_recording_with_a_gap_all_is_looked_at_and_what_is_whole_is_made_of(data, tmp_path):
    made = synthesize(180, fs=250.0, leads=("MLII", "V1"), seed=7)
    signals = made.signals.copy()
    signals[0, 70 * 250 : 75 * 250] = np.nan
    examples = made_of_these(tmp_path, data, [replace(made, signals=signals)], Synthesis(disturbed=2, composed=2))
    whole = np.count_nonzero(examples.recordings == "synthetic-7")
    assert 150 < whole < len(made.beat_annotations().samples)
    assert np.isfinite(examples.values).all() and np.count_nonzero(examples.recordings == "synthetic-7+") > 50


def test_a_recording_too_short_to_be_written_anew_is_looked_at_as_it_is(data, tmp_path):
    short = synthesize(40, fs=250.0, seed=8)
    examples = made_of_these(tmp_path, data, [short], Synthesis(disturbed=2, composed=2))
    assert set(examples.recordings.tolist()) == {"synthetic-8"}


def test_a_longer_recording_than_half_an_hour_is_told_in_stretches_as_it_is_served(monkeypatch):
    monkeypatch.setattr(search, "STRETCH_SECONDS", 60.0)
    found, beats = detected(MADE, (0, 1))
    first = found.select(slice(int(np.searchsorted(found.peaks, found.peaks[0] + 60 * 250))))
    alone = Stretch.cut(MADE, (0, 1), first.peaks, first.broken).in_context()
    np.testing.assert_array_equal(beats.values[: len(first)], alone.values)


def test_each_recording_is_looked_at_once_more_as_a_live_one_where_that_is_asked_for(data):
    plain = made_of(data, (("100",),), Synthesis(disturbed=0, composed=0))
    both = made_of(data, (("100",),), Synthesis(disturbed=0, composed=0, live=True))
    as_they_are = both.as_they_are
    np.testing.assert_array_equal(as_they_are.values, plain.values)
    live = both.recordings == "100+"
    assert np.count_nonzero(live) == len(plain)
    _, expected = detected(MITDB.read(data, "100"), (0, 1), live=True)
    assert set(map(bytes, both.values[live])) <= set(map(bytes, expected.values))


WEAK_DATABASE = Database("weak", "Weak", "", ("a", "b", "c"), weak={"N": "N", "A": "N"})


def test_beats_of_recordings_that_are_labelled_as_a_whole_get_the_class_of_nearly_all(data, tmp_path):
    (tmp_path / "weak").mkdir()
    for seed, name in enumerate("abc"):
        write_wfdb(synthesize(30, fs=300.0, seed=seed), tmp_path / "weak", name)
    (tmp_path / "weak" / "REFERENCE.csv").write_text("a,N\nb,O\nc,A\n")
    assert WEAK_DATABASE.there(tmp_path) == ("a", "c")  # of others nobody knows what their beats are
    made = make_examples(
        Group(WEAK_DATABASE, tmp_path, ("a", "c")), Disturber.read(data), Synthesis(disturbed=2, composed=2)
    )
    assert set(made.recordings.tolist()) == {"a~", "a~+", "c~", "c~+"}
    assert (made.labels == N).all() and set(made.as_they_are.recordings.tolist()) == {"a~", "c~"}
