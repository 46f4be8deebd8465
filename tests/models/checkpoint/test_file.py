import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from models import (
    AlteredCheckpoint,
    BadCheckpoint,
    Classifier,
    NotACheckpoint,
    Novelty,
    TruncatedCheckpoint,
    WrongCheckpointVersion,
)
from models.checkpoint import file as checkpoint_file
from models.checkpoint.file import ContextPreprocessing, Preprocessing


@pytest.fixture
def content(checkpoints):
    return checkpoints["odenet"].read_bytes()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.safetensors"


def with_metadata(content, **changes):
    """The same file with other metadata."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] |= changes
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


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


@pytest.mark.parametrize("share", [0.0, 0.00001, 0.001, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_refused(content, file, share):
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises((TruncatedCheckpoint, NotACheckpoint)):
        checkpoint_file.load(file)


def test_a_file_without_its_end_is_said_to_be_truncated(content, file):
    file.write_bytes(content[:-1])
    with pytest.raises(TruncatedCheckpoint, match="expected"):
        checkpoint_file.load(file)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_file_with_any_bit_turned_is_refused(content, file, place, bit):
    altered = bytearray(content)
    altered[int(place * len(content))] ^= 1 << bit
    file.write_bytes(bytes(altered))
    with pytest.raises(BadCheckpoint):
        checkpoint_file.load(file)


def test_altered_weights_are_said_to_be_altered(content, file):
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(AlteredCheckpoint, match="sha256"):
        checkpoint_file.load(file)


def test_an_altered_story_is_said_to_be_altered(content, file):
    file.write_bytes(with_metadata(content, info="{}"))
    with pytest.raises(AlteredCheckpoint):
        checkpoint_file.load(file)


def test_another_version_is_named(content, file):
    file.write_bytes(with_metadata(content, version="99"))
    with pytest.raises(WrongCheckpointVersion, match="99, expected 1"):
        checkpoint_file.load(file)


@pytest.mark.parametrize("stranger", [b"", b"hello", b"\x80\x02}q\x00.", b"\x00" * 100, b"\xff" * 100])
def test_what_is_no_checkpoint_is_refused(file, stranger):
    file.write_bytes(stranger)
    with pytest.raises(NotACheckpoint):
        checkpoint_file.load(file)


@pytest.mark.parametrize("metadata", [None, 5, [], "text", {}])
def test_a_header_without_our_metadata_is_refused(content, file, metadata):
    (length,) = struct.unpack("<Q", content[:8])
    text = json.dumps(json.loads(content[8 : 8 + length]) | {"__metadata__": metadata}).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
    with pytest.raises(NotACheckpoint):
        checkpoint_file.load(file)


def test_a_checkpoint_without_reference_beats_is_refused(checkpoints, file, monkeypatch):
    checkpoint = checkpoint_file.load(checkpoints["resnet"])
    monkeypatch.setattr(checkpoint_file, "_REFERENCE_BEATS", "other")
    checkpoint_file.save(checkpoint, file)
    monkeypatch.undo()
    with pytest.raises(AlteredCheckpoint, match="reference beats"):
        checkpoint_file.load(file)


def test_a_safetensors_file_that_is_not_ours_is_refused(checkpoints, file):
    save_file(checkpoint_file.load(checkpoints["resnet"]).weights, file)
    with pytest.raises(NotACheckpoint):
        checkpoint_file.load(file)


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(BadCheckpoint, match="cannot read"):
        checkpoint_file.load(tmp_path)


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
