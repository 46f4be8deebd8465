import numpy as np
import pytest
import wfdb as wfdb_library

from ecg import UnreadableRecording
from ecg.formats import wfdb
from ecg.synthetic import synthesize


@pytest.fixture
def written(tmp_path):
    """A synthetic recording and the folder that holds its WFDB files."""
    made = synthesize(20, leads=("MLII", "V1"), ectopic={"V": 0.2})
    wfdb_library.wrsamp(
        "made", made.fs, ["mV", "mV"], list(made.leads), made.signals.T.astype(float), fmt=["16", "16"],
        write_dir=str(tmp_path),
    )  # fmt: skip
    marks = made.beat_annotations()
    wfdb_library.wrann("made", "atr", marks.samples, list(marks.symbols), write_dir=str(tmp_path))
    return made, tmp_path


def test_what_was_written_is_read_back(written):
    made, folder = written
    read = wfdb.read(folder / "made")
    assert (read.name, read.leads, read.fs) == ("made", made.leads, made.fs)
    np.testing.assert_allclose(read.signals, made.signals, atol=1e-3)
    assert read.beat_annotations().samples.tolist() == made.beat_annotations().samples.tolist()
    assert read.beat_annotations().symbols == made.beat_annotations().symbols


def test_annotations_can_be_left_out(written):
    assert wfdb.read(written[1] / "made", annotator=None).annotations is None


@pytest.mark.parametrize("missing", ["made.hea", "made.dat", "made.atr"])
def test_a_missing_file_is_told(written, missing):
    (written[1] / missing).unlink()
    with pytest.raises(UnreadableRecording, match=r"made\."):
        wfdb.read(written[1] / "made")


def test_a_truncated_signal_is_told(written):
    file = written[1] / "made.dat"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(UnreadableRecording):
        wfdb.read(written[1] / "made")
