import numpy as np
import pytest
import wfdb

from ecg import LABELS, label_of
from ecg.synthetic import synthesize
from training.__main__ import main


def annotate(folder, name, marks, annotator):
    wfdb.wrann(name, annotator, marks.samples, list(marks.symbols), fs=250, write_dir=str(folder))


@pytest.fixture
def annotated_folders(tmp_path):
    """Two synthetic recordings with reference annotations, one of which is annotated perfectly in another folder."""
    reference, test = tmp_path / "reference", tmp_path / "test"
    for folder in (reference, test):
        folder.mkdir()
    for name, seed in (("one", 1), ("two", 2)):
        made = synthesize(20, fs=250.0, ectopic={"V": 0.2, "S": 0.2}, seed=seed)
        annotate(reference, name, made.beat_annotations(), "atr")
        (reference / f"{name}.hea").write_text(f"{name} 1 250 {made.signals.shape[1]}\n{name}.dat 16\n")
    annotate(test, "one", synthesize(20, fs=250.0, ectopic={"V": 0.2, "S": 0.2}, seed=1).beat_annotations(), "cde")
    return reference, test


def test_it_prints_both_tables_and_names_what_nothing_annotates(annotated_folders, capsys):
    reference, test = annotated_folders
    assert main(["score", str(reference), str(test), "--start", "0"]) == 0
    printed = capsys.readouterr().out
    assert "Gross" in printed and "100.00 100.00 100.00 100.00 100.00 100.00" in printed
    assert "Total Shutdown" in printed
    assert f"nothing annotates them in {test}: two" in printed


def test_it_tells_how_certain_it_is_if_asked(annotated_folders, capsys):
    reference, test = annotated_folders
    assert main(["score", str(reference), str(test), "--start", "0", "--intervals"]) == 0
    printed = capsys.readouterr().out
    assert "| QRS sensitivity" in printed and "| accuracy" in printed


def test_it_takes_the_labels_of_a_cross_validation(annotated_folders, tmp_path, capsys):
    reference, _ = annotated_folders
    made = synthesize(20, fs=250.0, ectopic={"V": 0.2, "S": 0.2}, seed=2).beat_annotations()
    labels = [LABELS.index(label_of(symbol)) for symbol in made.symbols]
    labels[0] = -1
    file = tmp_path / "out_of_fold.npz"
    np.savez(file, recordings=np.full(len(labels), "two"), peaks=made.samples, labels=np.array(labels))
    assert main(["score", str(reference), str(file), "--start", "0", "--escapes-normal"]) == 0
    printed = capsys.readouterr().out
    assert " two " in printed and "100.00 100.00 100.00 100.00 100.00 100.00" in printed
    assert "nothing annotates them" in printed and ": one" in printed


def test_it_writes_what_bxb_writes(annotated_folders, tmp_path, capsys):
    reference, test = annotated_folders
    out = tmp_path / "out"
    assert main(["score", str(reference), str(test), "--start", "0", "--out", str(out)]) == 0
    table = (out / "bxb.out").read_text()
    assert capsys.readouterr().out.startswith(table) and len(table.splitlines()) == 2
    assert (out / "sd.out").read_text().startswith("Record Nx   Sx ")
    assert "Reference annotator: atr\n     Test annotator: cde\n" in (out / "matrices.out").read_text()


def test_rhythms_are_compared_in_place_of_beats(tmp_path, capsys):
    notes = ["(AFIB", "(N"]
    for annotator, samples in (("atr", [500, 2500]), ("cde", [1000, 2500])):
        wfdb.wrann("one", annotator, np.array(samples), ["+"] * 2, aux_note=notes, fs=250, write_dir=str(tmp_path))
    (tmp_path / "one.hea").write_text("one 1 250 5000\none.dat 16\n")
    out = tmp_path / "out"
    assert main(["score", str(tmp_path), str(tmp_path), "--rhythm", "--start", "0", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "   one    1    0    1    0  100 100  75 100      0:08.000       0:06.000\n" in printed
    assert printed.index("(AF detection)") < printed.index("(VF detection)") < printed.index("(SVE run detection)")
    assert (out / "af.out").read_text() in printed and (out / "sve_runs.out").read_text() in printed
    assert "Duration sensitivity:  75% (0:06.000/0:08.000)" in (out / "af_matrices.out").read_text()
    assert "VE run-by-run comparison results for record one" in (out / "ve_runs_matrices.out").read_text()


@pytest.mark.parametrize("note", ["AFIB", ""])
def test_annotations_that_name_no_rhythm_are_reported(note, tmp_path, capsys):
    for annotator, one in (("atr", "(AFIB"), ("cde", note)):
        wfdb.wrann("one", annotator, np.array([500]), ["+"], aux_note=[one], fs=250, write_dir=str(tmp_path))
    (tmp_path / "one.hea").write_text("one 1 250 5000\none.dat 16\n")
    assert main(["score", str(tmp_path), str(tmp_path), "--rhythm", "--start", "0"]) == 0
    printed = capsys.readouterr().out
    assert f"{tmp_path} names no rhythm (+ with a note, or [) in: one; their episodes are missed" in printed
    assert "   one    0    1    0    0    0   -   0   -" in printed


def test_labels_of_a_cross_validation_have_no_rhythms(annotated_folders, tmp_path, capsys):
    reference, _ = annotated_folders
    assert main(["score", str(reference), str(tmp_path / "out_of_fold.npz"), "--rhythm"]) == 1
    assert "no rhythms" in capsys.readouterr().err


def test_it_says_what_is_missing(annotated_folders, capsys):
    reference, test = annotated_folders
    assert main(["score", str(reference), str(test), "--annotator", "qrs"]) == 1
    assert capsys.readouterr().err.startswith("MissingData: there is no file *.qrs")
    (reference / "one.hea").unlink()
    assert main(["score", str(reference), str(test)]) == 1
    assert "one.hea" in capsys.readouterr().err


def test_what_a_run_said_out_of_fold_can_be_scored_where_the_reference_is(place, retrained, capsys):
    file = retrained.parent / "out_of_fold.npz"
    for folder, scored, others in (
        (place / "data" / "mitdb", ["101", "106"], "ward1, ward2"),
        (place / "reviewed", ["ward1", "ward2"], "101, 106"),
    ):
        assert main(["score", str(folder), str(file), "--start", "0", "--escapes-normal"]) == 0
        first, *printed = capsys.readouterr().out.splitlines()
        assert first == f"not scored, since {folder} has no annotations of them: {others}"
        assert [any(line.split()[:1] == [name] for line in printed) for name in scored] == [True, True]
