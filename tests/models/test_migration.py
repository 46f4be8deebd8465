import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import save_file

from models import Classifier, NotACheckpoint, WrongCheckpointVersion, WrongReferenceAnswers, migration
from models.checkpoint import file as checkpoint_file
from models.checkpoint.content import FORMAT, Content, read, version_of
from models.migration import migrate

BEATS_IN_1 = {"fs": 125.0, "length": 187, "rr_share": 1.2, "lead": "MLII", "scale": "minimum and maximum of the crop"}
CONTEXT_IN_1 = {
    "fs": 125.0,
    "before": 55,
    "after": 70,
    "rhythm": 87,
    "leads": "II, else V5, else the clearest; then the first other one",
}


def write_version_1(content, preprocessing, file):
    """The content as version 1 of the format had it, where the preprocessing was described in sentences."""
    info = json.dumps(json.loads(content.info) | {"preprocessing": preprocessing})
    metadata = {"format": FORMAT, "version": "1", "info": info, "sha256": Content(info, content.tensors).sha256}
    save_file(content.tensors, file, metadata)
    return file


@pytest.fixture(params=["resnet", "odenet", "rhythm_odenet"])
def current(request, checkpoints, rhythm_checkpoint):
    """A checkpoint file of the current version."""
    return {**checkpoints, "rhythm_odenet": rhythm_checkpoint}[request.param]


@pytest.fixture
def old(current, tmp_path):
    """The same checkpoint in a file of version 1."""
    preprocessing = CONTEXT_IN_1 if current.stem == "rhythm_odenet" else BEATS_IN_1
    return write_version_1(read(current), preprocessing, tmp_path / "old.safetensors")


def test_a_file_of_version_1_is_refused_with_the_command_that_migrates_it(old):
    with pytest.raises(WrongCheckpointVersion, match=f"version 1, expected 2; .*`cardiode migrate {old}`"):
        Classifier.load(old)


def test_migrated_it_is_the_checkpoint_of_the_current_version_bit_for_bit(old, current):
    assert migrate(old)
    assert version_of(old) == "2"
    one, other = checkpoint_file.load(old), checkpoint_file.load(current)
    assert one.info == other.info and one.sha256 == other.sha256
    reference = one.reference
    answers = [Classifier.load(file).classify(reference).probabilities for file in (old, current)]
    np.testing.assert_array_equal(*answers)


def test_migrating_again_changes_nothing(old):
    migrate(old)
    content = old.read_bytes()
    assert not migrate(old)
    assert old.read_bytes() == content


def test_only_the_migrated_file_is_left(old):
    migrate(old)
    assert list(old.parent.iterdir()) == [old]


def test_a_description_that_has_no_name_is_refused(checkpoints, tmp_path):
    unknown = BEATS_IN_1 | {"scale": "mean and standard deviation"}
    file = write_version_1(read(checkpoints["resnet"]), unknown, tmp_path / "old.safetensors")
    content = file.read_bytes()
    with pytest.raises(WrongCheckpointVersion, match="scale 'mean and standard deviation', expected one of"):
        migrate(file)
    assert file.read_bytes() == content


def test_a_file_that_does_not_answer_its_reference_beats_stays_as_it_was(checkpoints, tmp_path):
    checkpoint = checkpoint_file.load(checkpoints["resnet"])
    wrong = tmp_path / "wrong.safetensors"
    checkpoint_file.save(replace(checkpoint, reference_probabilities=1 - checkpoint.reference_probabilities), wrong)
    file = write_version_1(read(wrong), BEATS_IN_1, tmp_path / "old.safetensors")
    content = file.read_bytes()
    with pytest.raises(WrongReferenceAnswers):
        migrate(file)
    assert file.read_bytes() == content and set(tmp_path.iterdir()) == {file, wrong}


def test_every_sentence_of_version_1_has_a_name():
    assert {field: list(names) for field, names in migration.NAMES.items()} == {
        "scale": [BEATS_IN_1["scale"]],
        "leads": [CONTEXT_IN_1["leads"]],
    }


def test_what_is_no_checkpoint_is_not_migrated(tmp_path):
    file = tmp_path / "a.safetensors"
    file.write_bytes(b"hello")
    with pytest.raises(NotACheckpoint):
        migrate(file)
