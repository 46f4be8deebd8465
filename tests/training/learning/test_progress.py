import subprocess

from training.learning import progress
from training.learning.progress import kept_epoch, source_commit


def git(folder, *arguments):
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", "-C", str(folder), *name, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_run_tells_its_commit_and_whether_the_source_was_changed_since(tmp_path, monkeypatch):
    file = tmp_path / "training" / "learning" / "progress.py"
    file.parent.mkdir(parents=True)
    file.write_text("")
    monkeypatch.setattr(progress, "__file__", str(file))
    assert source_commit() == "unknown"
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")
    assert source_commit() == git(tmp_path, "rev-parse", "HEAD")
    file.write_text("changed")
    assert source_commit() == git(tmp_path, "rev-parse", "HEAD") + "-dirty"


def test_the_weights_kept_are_the_best_of_the_last_cycle():
    assert kept_epoch([0.5, 0.9, 0.7, 0.8, 0.8], first=3) == 5
    assert kept_epoch([0.5, 0.9, 0.7], first=1) == 2
