import numpy as np
import pytest
import wfdb

from ecg import UnreadableRecording
from ecg.scoring import CLASS_OF_IN_LITERATURE, count
from training.data.annotations import annotated, compare_beats, read_folders
from training.errors import MissingData

ANNOTATORS = {"reference_annotator": "atr", "test_annotator": "cde"}


def write(folder, name, annotator, samples, symbols, fs=250):
    wfdb.wrann(name, annotator, np.array(samples), list(symbols), fs=fs, write_dir=str(folder))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "made.hea").write_text("made 1 250 5000\nmade.dat 16\n")
    return tmp_path


def compared(folder, **options):
    return compare_beats(read_folders(folder, folder, ["made"], **ANNOTATORS), **options)


def test_the_recordings_of_an_annotator_are_named_in_order(folder):
    for name in ("two", "one"):
        write(folder, name, "cde", [100], "N")
    write(folder, "three", "atr", [100], "N")
    assert annotated(folder, "cde") == ["one", "two"]
    with pytest.raises(MissingData, match=r"\*\.qrs"):
        annotated(folder, "qrs")


def test_the_signals_need_not_be_there(folder):
    write(folder, "made", "atr", [1000, 2000], "NV")
    write(folder, "made", "cde", [1000, 2000], "NV")
    (comparison,) = compared(folder, start=0.0)
    assert comparison.name == "made"
    assert comparison.confusion.trace() == 2


def test_it_ends_where_the_header_says(folder):
    write(folder, "made", "atr", [1000], "N")
    write(folder, "made", "cde", [1000, 4900, 5100], "NNN")
    (comparison,) = compared(folder, start=0.0)
    assert count(comparison.confusion, ("O", "n")) == 1


def test_annotations_at_another_rate_are_brought_to_that_of_the_header(folder):
    write(folder, "made", "atr", [1000, 2000], "NV")
    write(folder, "made", "cde", [500, 1000], "NV", fs=125)
    (comparison,) = compared(folder, start=0.0)
    assert comparison.confusion.trace() == 2


def test_escape_beats_may_be_normal(folder):
    for annotator in ("atr", "cde"):
        write(folder, "made", annotator, [1000], "j")
    (comparison,) = compared(folder, start=0.0, class_of=CLASS_OF_IN_LITERATURE)
    assert count(comparison.confusion, ("N", "n")) == 1


def test_a_file_that_is_missing_is_named(folder):
    write(folder, "made", "atr", [1000], "N")
    with pytest.raises(UnreadableRecording, match=r"made\.cde"):
        compared(folder)


def test_rhythms_are_read_with_their_names(folder):
    for annotator in ("atr", "cde"):
        wfdb.wrann(
            "made", annotator, np.array([100, 900]), ["+", "+"], aux_note=["(AFIB", "(N"], fs=250, write_dir=str(folder)
        )
    (both,) = read_folders(folder, folder, ["made"], **ANNOTATORS)
    assert both.reference.notes == both.test.notes == ("(AFIB", "(N")
    assert (both.name, both.fs, both.end) == ("made", 250, 20.0)
