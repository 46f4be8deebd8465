import subprocess

from training.learning import source


def git(folder, *arguments):
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", "-C", str(folder), *name, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_run_tells_its_commit_and_whether_the_source_was_changed_since(tmp_path, monkeypatch):
    file = tmp_path / "training" / "learning" / "source.py"
    file.parent.mkdir(parents=True)
    file.write_text("")
    monkeypatch.setattr(source, "__file__", str(file))
    assert source.source_commit() == "unknown"
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")
    assert source.source_commit() == git(tmp_path, "rev-parse", "HEAD")
    file.write_text("changed")
    assert source.source_commit() == git(tmp_path, "rev-parse", "HEAD") + "-dirty"
