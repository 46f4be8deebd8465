from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import wfdb
from scipy.signal import resample_poly

from ecg import LABELS, Annotations, Recording
from ecg.formats import wfdb as wfdb_format
from ecg.synthetic import synthesize
from tests.training.synthetic import write_wfdb
from training.data.recordings import added_table, entry_of, groups_of, read_added, with_added
from training.errors import MissingData, UnusableRecording

MADE = synthesize(60, fs=250.0, ectopic={"V": 0.2}, leads=("MLII", "V1"), seed=1)


@pytest.fixture
def folder(tmp_path):
    """Two recordings side by side, and one patient's two in a folder of their own; rates, leads and lengths differ."""
    for name, fs, leads, seconds in (("ward1", 250.0, ("MLII", "V1"), 60), ("ward2", 500.0, ("MLII",), 30)):
        write_wfdb(synthesize(seconds, fs=fs, ectopic={"V": 0.2}, leads=leads, seed=len(name)), tmp_path, name)
    (tmp_path / "holter").mkdir()
    for seed, name in enumerate(("day", "night")):
        write_wfdb(synthesize(40, fs=128.0, ectopic={"S": 0.2}, seed=seed), tmp_path / "holter", name)
    return tmp_path


def test_recordings_of_any_rate_leads_and_length_are_read_with_the_beats_that_serving_would_find(folder):
    added = {one.recording.name: one for one in read_added(folder, "atr")}
    assert set(added) == {"day", "night", "ward1", "ward2"}
    for name, one in added.items():
        marks = one.recording.beat_annotations()
        assert np.count_nonzero(one.used) == pytest.approx(len(marks.samples), abs=3), name
        assert one.beats.values.shape == (np.count_nonzero(one.used), 187)
        assert set(one.beats.recordings.tolist()) == {name}
    assert added["ward1"].beats.counts()["V"] and not added["ward1"].beats.counts()["S"]


def test_the_table_tells_what_was_read(folder):
    table = added_table(read_added(folder, "atr"))
    (line,) = [line for line in table.splitlines() if "night" in line]
    assert line.split()[:5] == ["night", "holter", "128", "MLII", "0.7"]
    assert all(label in table.splitlines()[0] for label in LABELS)


def test_they_are_grouped_as_the_recordings_of_a_database_whose_patients_are_never_parted(folder):
    added = read_added(folder, "atr")
    groups = groups_of(added, folder)
    assert sorted(name for group in groups for name in group.names) == ["day", "night", "ward1", "ward2"]
    patients = [group.patients for group in groups]
    assert len(groups) == 3 == len(set().union(*patients)) == sum(map(len, patients))  # holter has two of them
    for group in groups:
        for read in group.read():
            (one,) = (one for one in added if one.recording.name == read.name)
            np.testing.assert_array_equal(read.signals, one.recording.signals)
            assert read.beat_annotations().symbols == one.recording.beat_annotations().symbols
    assert groups_of((), folder) == ()


def test_the_training_part_has_them_and_no_other(folder, small):
    added = read_added(folder, "atr")
    split = with_added(small, added)
    new = sum(len(one.beats) for one in added)
    assert len(split.train) == len(small.train) + new
    assert split.validation is small.validation and split.test is small.test
    assert set(split.train.recordings[-new:].tolist()) == {"day", "night", "ward1", "ward2"}


def test_a_checkpoint_is_told_names_counts_and_a_hash_that_any_change_changes(folder):
    added = read_added(folder, "atr")
    told = entry_of(added)
    assert told.names == ("day", "night", "ward1", "ward2")
    assert sum(told.beats.values()) == sum(len(one.beats) for one in added)
    assert told == entry_of(read_added(folder, "atr"))
    marks = added[0].recording.beat_annotations()
    symbols = ["V", *marks.symbols[1:]]
    wfdb.wrann("day", "atr", marks.samples, symbols, fs=128, write_dir=str(folder / "holter"))
    assert entry_of(read_added(folder, "atr")).sha256 != told.sha256


def test_annotations_that_count_at_another_rate_are_of_the_same_beats(tmp_path):
    write_wfdb(MADE, tmp_path, "made")
    marks = MADE.beat_annotations()
    wfdb.wrann("made", "atr", 4 * marks.samples, list(marks.symbols), fs=1000, write_dir=str(tmp_path))
    (one,) = read_added(tmp_path, "atr")
    assert np.count_nonzero(one.used) == pytest.approx(len(marks.samples), abs=3)


def test_a_recording_with_a_gap_is_learnt_from_outside_of_it(tmp_path):
    signals = MADE.signals.copy()
    signals[:, 20 * 250 : 30 * 250] = np.nan
    write_wfdb(replace(MADE, signals=signals), tmp_path, "made")
    (one,) = read_added(tmp_path, "atr")
    peaks = one.found.peaks[one.used] / 250
    assert not ((peaks > 20) & (peaks < 30)).any() and (peaks > 31).any()
    assert np.isfinite(one.beats.values).all()


def unmarked(folder):
    (folder / "made.atr").unlink()


def no_beats(folder):
    wfdb.wrann("made", "atr", np.array([10, 20]), ["+", "~"], fs=250, write_dir=str(folder))


def of_another_recording(folder):
    marks = MADE.beat_annotations()
    wfdb.wrann("made", "atr", marks.samples[:-1] + 90, list(marks.symbols[:-1]), fs=250, write_dir=str(folder))


def truncated(folder):
    (folder / "made.dat").write_bytes((folder / "made.dat").read_bytes()[:1000])


def noise(folder):
    signals = np.random.default_rng(0).normal(0, 0.3, (1, 60 * 250)).astype(np.float32)
    write_wfdb(Recording("made", signals, ("MLII",), 250.0, MADE.annotations), folder, "made")


def no_lead(folder):
    signals = np.random.default_rng(0).normal(0, 0.3, (1, 60 * 250)).astype(np.float32)
    write_wfdb(Recording("made", signals, ("ABP",), 250.0, MADE.annotations), folder, "made")


def like_one_of_mitdb(folder):
    write_wfdb(MADE, folder, "100")


def twice(folder):
    (folder / "inner").mkdir()
    write_wfdb(MADE, folder / "inner", "made")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (unmarked, r"made\.hea: its annotations made\.atr are not beside it; .*--annotator"),
        (no_beats, r"made\.atr marks no beat of a known class: it has \+, ~"),
        (of_another_recording, r"of \d+ beats that made\.atr marks, \d+ lie within 150 ms"),
        (truncated, r"made\.hea: made\.dat is truncated"),
        (noise, r"made\.hea: no beat was found in it"),
        (no_lead, r"no beat was found in it: no signal in it is a lead"),
        (like_one_of_mitdb, r"100\.hea: it has the name of a recording of mitdb, .* rename it"),
        (twice, r"made: 2 recordings have this name"),
    ],
)
def test_what_cannot_be_learnt_from_is_told_with_what_to_do(tmp_path, spoil, message):
    write_wfdb(MADE, tmp_path, "made")
    spoil(tmp_path)
    with pytest.raises(UnusableRecording, match=message):
        read_added(tmp_path, "atr")


def test_all_problems_are_told_at_once(tmp_path):
    for name in ("one", "two"):
        write_wfdb(MADE, tmp_path, name)
        (tmp_path / f"{name}.atr").unlink()
    with pytest.raises(UnusableRecording, match=r"one\.hea.*two\.hea"):
        read_added(tmp_path, "atr")


def test_a_folder_without_recordings_is_told(tmp_path):
    with pytest.raises(MissingData, match="there is no recording in"):
        read_added(tmp_path, "atr")
    with pytest.raises(MissingData, match="there is no recording in"):
        read_added(tmp_path / "nowhere", "atr")


def test_the_segments_of_a_recording_are_no_recordings_of_their_own(tmp_path):
    write_wfdb(MADE, tmp_path, "part")
    length = MADE.signals.shape[1]
    (tmp_path / "whole.hea").write_text(f"whole/2 2 250 {2 * length}\npart {length}\npart {length}\n")
    marks = MADE.beat_annotations()
    samples = np.concatenate((marks.samples, marks.samples + length))
    wfdb.wrann("whole", "rev", samples, [*marks.symbols, *marks.symbols], fs=250, write_dir=str(tmp_path))
    (one,) = read_added(tmp_path, "rev")
    assert one.recording.name == "whole" and one.recording.seconds == 120


def test_a_real_recording_at_another_rate_gives_the_beats_it_was_annotated_with(mitdb, tmp_path):
    real = wfdb_format.read(mitdb / "mitdb" / "119")
    marks = real.beat_annotations()
    minutes, ratio = 3 * 60 * 360, Fraction(200, 360)
    signals = resample_poly(real.signals[:, :minutes], ratio.numerator, ratio.denominator, axis=1).astype(np.float32)
    inside = marks.samples < minutes
    symbols = [symbol for symbol, kept in zip(marks.symbols, inside.tolist(), strict=True) if kept]
    annotations = Annotations(np.round(marks.samples[inside] * float(ratio)).astype(np.int64), symbols)
    write_wfdb(Recording("ward", signals, real.leads, 200.0, annotations), tmp_path, "ward")
    (one,) = read_added(tmp_path, "atr")
    counts = one.beats.counts()
    assert counts["V"] == pytest.approx(symbols.count("V"), abs=2)
    assert counts["N"] == pytest.approx(symbols.count("N"), abs=4)
