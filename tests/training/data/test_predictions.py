import numpy as np
import pytest

from training.data.predictions import read_predictions
from training.errors import UnexpectedData


def save(file, recordings=("b", "a", "b"), peaks=(500, 7, 100), labels=(2, -1, 0)):
    np.savez(file, recordings=np.array(recordings), peaks=np.array(peaks), labels=np.array(labels))


def test_beats_of_each_recording_come_in_order_of_time(tmp_path):
    save(tmp_path / "out.npz")
    predictions = read_predictions(tmp_path / "out.npz")
    assert predictions.names == ["a", "b"]
    one = predictions.of("b")
    assert (one.samples.tolist(), one.symbols) == ([100, 500], ("N", "V"))
    assert predictions.of("a").symbols == ("?",)
    assert len(predictions.of("c").samples) == 0


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"peaks": (1, 2)}, r"shapes \(3,\), \(2,\) and \(3,\), expected one value for each beat"),
        ({"labels": [(1, 1, 1)] * 3}, "expected one value for each beat"),
        ({"labels": (0, 1, 5)}, "labels of -1 to 4, which index N, S, V, F, Q"),
        ({"labels": (0, 1, -2)}, "labels of -1 to 4"),
        ({"peaks": (-1, 1, 2)}, "peaks of 0 or more"),
        ({"peaks": (0.5, 1, 2)}, "does not hold predictions"),
        ({"recordings": (), "peaks": np.zeros(0, int), "labels": np.zeros(0, int)}, "0 beats, expected one or more"),
    ],
)
def test_what_cannot_be_scored_is_told(tmp_path, arrays, message):
    save(tmp_path / "out.npz", **arrays)
    with pytest.raises(UnexpectedData, match=message):
        read_predictions(tmp_path / "out.npz")


def test_a_file_of_something_else_is_told(tmp_path):
    np.savez(tmp_path / "other.npz", probabilities=np.zeros((3, 5)), labels=np.zeros(3, int))
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "text.npz").write_text("no")
    for name in ("other.npz", "one.npy", "text.npz", "missing.npz"):
        with pytest.raises(UnexpectedData, match=f"{name} does not hold predictions"):
            read_predictions(tmp_path / name)
