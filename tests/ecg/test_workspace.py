import os
import signal
import stat
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

import pytest

from ecg import UnreadableRecording, workspace
from ecg.workspace import PREFIX, Workspace, sweep

KEEPING = """
import sys
from io import BytesIO
from ecg.workspace import Workspace
held = Workspace()
held.add("100.dat", BytesIO(b"of a patient"))
print("holds it", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder of temporary files, of this process and of those that it starts."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    workspace._folder_of_process.cache_clear()
    yield tmp_path
    workspace._folder_of_process.cache_clear()


@pytest.fixture
def keeping(temporary):
    """A process that holds a file of a patient."""
    with subprocess.Popen(
        [sys.executable, "-c", KEEPING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as process:
        assert process.stdout.readline() == "holds it\n"
        yield process
        process.kill()


def files(folder):
    return [file for file in folder.rglob("*") if file.is_file()]


def test_nobody_else_can_read_what_is_in_it(temporary):
    with Workspace() as held:
        held.add("100.dat", BytesIO(b"of a patient"))
        (folder,) = temporary.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and len(files(folder)) == 1


def test_it_goes_when_its_last_owner_closes_it(temporary):
    held = Workspace()
    held.add("100.dat", BytesIO(b"of a patient"))
    held.share().close()
    assert len(files(temporary)) == 1
    held.close()
    assert files(temporary) == []


def test_what_a_killed_process_left_is_swept_and_that_of_a_living_one_is_not(temporary, keeping):
    assert sweep() == 0 and len(files(temporary)) == 1
    keeping.send_signal(signal.SIGKILL)
    keeping.wait()
    assert len(files(temporary)) == 1
    assert sweep() == 1
    assert list(temporary.iterdir()) == []


def test_a_process_sweeps_nothing_of_its_own(temporary):
    with Workspace() as held:
        held.add("100.dat", BytesIO(b"of a patient"))
        assert sweep() == 0 and len(files(temporary)) == 1


def test_a_process_that_ends_in_order_leaves_nothing(temporary, keeping):
    keeping.communicate("")
    assert list(temporary.iterdir()) == []


def test_what_others_have_put_beside_them_is_not_swept(temporary):
    (temporary / "cardiode-results").mkdir()
    (temporary / f"{PREFIX}file").touch()
    (temporary / f"{PREFIX}link").symlink_to(temporary / "cardiode-results")
    assert sweep() == 0
    assert len(list(temporary.iterdir())) == 3


def test_a_folder_that_was_swept_before_it_was_locked_is_made_anew(temporary, monkeypatch):
    make, made = tempfile.mkdtemp, []

    def swept_once(**options):
        made.append(make(**options))
        if len(made) == 1:
            assert sweep() == 1
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", swept_once)
    folder = workspace._folder_of_process(os.getpid())
    assert len(made) == 2 and folder.exists() and sweep() == 0


@pytest.mark.parametrize("name", ["", "..", "a/..", "a\0b", "x" * 201, "\ud800"])
def test_a_name_that_no_file_can_have_is_refused(temporary, name):
    with Workspace() as held, pytest.raises(UnreadableRecording, match="expected one such as"):
        held.add(name, BytesIO())


def test_a_part_is_taken_in_under_its_name_once(temporary):
    with Workspace() as held:
        parts = [held.part() for _ in range(3)]
        for part in parts:
            part.write_bytes(b"of a patient")
        held.take("folder/100.dat", parts[0])
        held.take("__MACOSX/100.dat", parts[1])  # which macOS has added
        with pytest.raises(UnreadableRecording, match=r"two files of the name 100\.dat"):
            held.take("100.dat", parts[2])
        with pytest.raises(UnreadableRecording):
            held.take("..", parts[2])
        assert {file.name for file in files(temporary)} == {"100.dat", parts[2].name}
    assert not files(temporary)
