import json
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from models import AlteredCheckpoint, BadCheckpoint, NotACheckpoint, TruncatedCheckpoint, WrongCheckpointVersion
from models.checkpoint.content import Content, read, version_of, write


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


def test_what_was_written_is_read(content, file):
    file.write_bytes(content)
    held = read(file)
    again = Content(held.info, held.tensors)
    write(again, file)
    assert read(file).sha256 == held.sha256 == again.sha256
    assert version_of(file) == "2"


@pytest.mark.parametrize("share", [0.0, 0.00001, 0.001, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_refused(content, file, share):
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises((TruncatedCheckpoint, NotACheckpoint)):
        read(file)


def test_a_file_without_its_end_is_said_to_be_truncated(content, file):
    file.write_bytes(content[:-1])
    with pytest.raises(TruncatedCheckpoint, match="expected"):
        read(file)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_file_with_any_bit_turned_is_refused(content, file, place, bit):
    altered = bytearray(content)
    altered[int(place * len(content))] ^= 1 << bit
    file.write_bytes(bytes(altered))
    with pytest.raises(BadCheckpoint):
        read(file)


def test_altered_weights_are_said_to_be_altered(content, file):
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(AlteredCheckpoint, match="sha256"):
        read(file)


def test_an_altered_story_is_said_to_be_altered(content, file):
    file.write_bytes(with_metadata(content, info="{}"))
    with pytest.raises(AlteredCheckpoint):
        read(file)


def test_another_version_is_named(content, file):
    file.write_bytes(with_metadata(content, version="99"))
    with pytest.raises(WrongCheckpointVersion, match="99, expected 2; train or fetch"):
        read(file)


@pytest.mark.parametrize("stranger", [b"", b"hello", b"\x80\x02}q\x00.", b"\x00" * 100, b"\xff" * 100])
def test_what_is_no_checkpoint_is_refused(file, stranger):
    file.write_bytes(stranger)
    with pytest.raises(NotACheckpoint):
        read(file)


@pytest.mark.parametrize("metadata", [None, 5, [], "text", {}])
def test_a_header_without_our_metadata_is_refused(content, file, metadata):
    (length,) = struct.unpack("<Q", content[:8])
    text = json.dumps(json.loads(content[8 : 8 + length]) | {"__metadata__": metadata}).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
    with pytest.raises(NotACheckpoint):
        read(file)


def test_a_safetensors_file_that_is_not_ours_is_refused(checkpoints, file):
    save_file(read(checkpoints["resnet"]).tensors, file)
    with pytest.raises(NotACheckpoint):
        read(file)


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(BadCheckpoint, match="cannot read"):
        read(tmp_path)
