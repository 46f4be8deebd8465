import shutil

from models.checkpoint import file as checkpoint_file
from models.checkpoint.content import read, version_of
from tests.models.test_migration import BEATS_IN_1, write_version_1
from training.__main__ import main


def test_old_files_are_rewritten_and_current_ones_left(checkpoints, tmp_path, capsys):
    old = write_version_1(read(checkpoints["resnet"]), BEATS_IN_1, tmp_path / "old.safetensors")
    current = shutil.copy(checkpoints["odenet"], tmp_path / "current.safetensors")
    assert main(["migrate", str(old), str(current)]) == 0
    rewritten, left = capsys.readouterr().out.splitlines()
    assert rewritten == f"{old}: rewritten as version 2, sha256 {checkpoint_file.load(old).sha256[:12]}"
    assert left.startswith(f"{current}: already of version 2, sha256 ")
    assert version_of(old) == "2"


def test_what_cannot_be_migrated_is_named(tmp_path, capsys):
    stranger = tmp_path / "a.safetensors"
    stranger.write_bytes(b"hello")
    assert main(["migrate", str(stranger)]) == 1
    assert f"NotACheckpoint: {stranger} is not a cardiode checkpoint" in capsys.readouterr().err
