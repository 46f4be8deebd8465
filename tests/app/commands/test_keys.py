"""`cardiode keys`."""

import pytest

from app.__main__ import main
from app.keys.file import KeyRing


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "keys.jsonl"
    monkeypatch.setenv("CARDIODE_API_KEYS_FILE", str(path))
    return path


def test_a_key_is_made_told_once_listed_and_removed(file, capsys):
    assert main(["keys", "add", "ward-3", "--beats-per-second", "2.5"]) == 0
    (secret,) = capsys.readouterr().out.splitlines()
    assert KeyRing(file).find(secret.encode()).name == "ward-3"
    assert main(["keys", "add", "boss", "--admin"]) == 0
    capsys.readouterr()
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert listed == "ward-3  client  2.5 beats a second\nboss  admin  no limit\n"
    assert main(["keys", "remove", "ward-3"]) == 0
    assert KeyRing(file).find(secret.encode()) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["remove", "nobody"], "InvalidKeysFile: cannot read"),
        (["list"], "InvalidKeysFile: cannot read"),
        (["add", "a b"], "KeysError: name"),
        (["add", "a", "--beats-per-second", "nan"], "KeysError: beats_per_second"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(file, capsys, words, told):
    assert main(["keys", *words]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(told)


def test_a_folder_that_is_not_there_is_told_in_one_line(file, monkeypatch, capsys):
    monkeypatch.setenv("CARDIODE_API_KEYS_FILE", str(file.parent / "none" / "keys.jsonl"))
    assert main(["keys", "add", "a"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("InvalidKeysFile") and "does not exist" in line


def test_without_a_file_the_variable_is_named(monkeypatch, capsys):
    monkeypatch.delenv("CARDIODE_API_KEYS_FILE", raising=False)
    assert main(["keys", "list"]) == 1
    assert "CARDIODE_API_KEYS_FILE" in capsys.readouterr().err
