from dataclasses import replace

import numpy as np
import pytest

from models import (
    AlteredCheckpoint,
    Classifier,
    Novelty,
    WrongCheckpointVersion,
)
from models.checkpoint import file as checkpoint_file
from models.checkpoint.preprocessing import ContextPreprocessing, Preprocessing


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.safetensors"


def test_what_was_saved_is_loaded(checkpoints, file, beats):
    loaded = checkpoint_file.load(checkpoints["odenet"])
    checkpoint_file.save(loaded, file)
    again = checkpoint_file.load(file)
    assert again.info == loaded.info and again.sha256 == loaded.sha256
    one, other = (Classifier.load(f).classify(beats).probabilities for f in (checkpoints["odenet"], file))
    np.testing.assert_array_equal(one, other)


def test_saving_leaves_no_other_file_behind(checkpoints, file):
    checkpoint_file.save(checkpoint_file.load(checkpoints["odenet"]), file)
    assert list(file.parent.iterdir()) == [file]


def test_a_checkpoint_without_reference_beats_is_refused(checkpoints, file, monkeypatch):
    checkpoint = checkpoint_file.load(checkpoints["resnet"])
    monkeypatch.setattr(checkpoint_file, "_REFERENCE_BEATS", "other")
    checkpoint_file.save(checkpoint, file)
    monkeypatch.undo()
    with pytest.raises(AlteredCheckpoint, match="reference beats"):
        checkpoint_file.load(file)


def test_a_network_of_recordings_is_saved_and_loaded_with_how_its_beats_are_made(rhythm_checkpoint, file):
    loaded = checkpoint_file.load(rhythm_checkpoint)
    assert loaded.info.architecture.kind == "rhythm_odenet"
    assert loaded.info.preprocessing == ContextPreprocessing()
    checkpoint_file.save(loaded, file)
    assert checkpoint_file.load(file).info == loaded.info


@pytest.mark.parametrize(
    ("name", "preprocessing"),
    [
        ("rhythm_odenet", Preprocessing()),
        ("rhythm_odenet", ContextPreprocessing(before=40)),
        ("rhythm_odenet", ContextPreprocessing(rhythm=60)),
        ("odenet", ContextPreprocessing()),
        ("odenet", Preprocessing(fs=100.0)),
    ],
)
def test_a_network_whose_beats_were_made_otherwise_is_refused(
    name, preprocessing, checkpoints, rhythm_checkpoint, file
):
    made = checkpoint_file.load({**checkpoints, "rhythm_odenet": rhythm_checkpoint}[name])
    info = made.info.model_copy(update={"preprocessing": preprocessing})
    checkpoint_file.save(replace(made, info=info), file)
    with pytest.raises(WrongCheckpointVersion, match="its answers would be wrong here"):
        checkpoint_file.load(file)


@pytest.fixture
def with_novelty(checkpoints):
    whitening = np.asfortranarray(np.arange(9, dtype=np.float32).reshape(3, 3))
    novelty = Novelty(whitening, np.ones((2, 3), np.float32), 12.5)
    return replace(checkpoint_file.load(checkpoints["resnet"]), novelty=novelty)


def test_novelty_is_loaded_as_it_was_saved(with_novelty, file):
    checkpoint_file.save(with_novelty, file)
    loaded = checkpoint_file.load(file).novelty
    np.testing.assert_array_equal(loaded.whitening, with_novelty.novelty.whitening)
    np.testing.assert_array_equal(loaded.means, with_novelty.novelty.means)
    assert loaded.threshold == 12.5


def test_a_checkpoint_with_a_part_of_its_novelty_is_refused(with_novelty, file, monkeypatch):
    monkeypatch.setattr(checkpoint_file, "_NOVELTY", "novelty.of_another_")
    checkpoint_file.save(with_novelty, file)
    monkeypatch.undo()
    with pytest.raises(AlteredCheckpoint, match="of its novelty"):
        checkpoint_file.load(file)
