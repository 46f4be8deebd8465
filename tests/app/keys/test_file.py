"""The file of API keys, and the ring that reads it."""

import hmac
import logging
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidKeysFile, KeysError, KnownKey, UnknownKey
from app.keys import file as keys
from app.keys.file import CHECK_SECONDS, Key, KeyRing


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "keys.jsonl"


def test_a_key_that_is_made_is_found_by_its_secret_alone(file):
    ward, admin = keys.add(file, "ward", beats_per_second=5), keys.add(file, "admin", "admin")
    ring = KeyRing(file)
    found = ring.find(ward.encode())
    assert (found.name, found.role, found.beats_per_second) == ("ward", "client", 5)
    assert ring.find(admin.encode()).role == "admin"
    for wrong in (b"", b"ward", ward[:-1].encode(), (ward + "x").encode(), ward.swapcase().encode(), b"\xff" * 43):
        assert ring.find(wrong) is None


def test_the_file_keeps_no_secret_and_is_its_owners_alone(file):
    secret = keys.add(file, "ward")
    assert secret not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (lock,) = (entry for entry in file.parent.iterdir() if entry != file)  # nothing else is left
    assert lock.name == f".{file.name}.lock" and not lock.read_bytes()
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600


def test_secrets_are_256_bits_and_no_two_are_alike():
    made = [Key.new("a", "client", None) for _ in range(20)]
    assert len({secret for _, secret in made}) == len({key.salt for key, _ in made}) == 20
    assert all(len(secret) == 43 for _, secret in made)


@given(st.binary(max_size=300))
def test_no_other_bytes_open_a_key(secret):
    key, own = Key.new("a", "client", None)
    assert key.opens(own.encode())
    assert not key.opens(secret)


def test_a_name_is_there_once(file):
    keys.add(file, "ward")
    before = file.read_bytes()
    with pytest.raises(KnownKey, match="ward"):
        keys.add(file, "ward")
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "rate"), [("", None), ("a b", None), ("ä", None), ("a" * 65, None), ("a", 0), ("a", -1)]
)
def test_a_key_that_cannot_be_is_refused(file, name, rate):
    with pytest.raises(KeysError, match=r"name|beats_per_second"):
        keys.add(file, name, beats_per_second=rate)
    assert not file.exists()


def test_a_key_is_removed_by_its_name(file):
    ward, other = keys.add(file, "ward"), keys.add(file, "other")
    keys.remove(file, "ward")
    ring = KeyRing(file)
    assert ring.find(ward.encode()) is None
    assert ring.find(other.encode()).name == "other"
    with pytest.raises(UnknownKey, match="expected one of: other"):
        keys.remove(file, "ward")


def test_no_key_is_lost_where_many_are_made_and_removed_at_once(file):
    names = [f"ward-{number}" for number in range(12)]
    keys.add(file, "old")
    with ThreadPoolExecutor(12) as pool:
        gone = pool.submit(keys.remove, file, "old")
        secrets = dict(zip(names, pool.map(lambda name: keys.add(file, name), names), strict=True))
        gone.result()
    ring = KeyRing(file)
    assert {ring.find(secret.encode()).name for secret in secrets.values()} == set(names)
    assert len(keys.read(file)) == len(names)


def test_a_file_that_is_a_link_stays_one(file, tmp_path):
    target = tmp_path / "real"
    file.symlink_to(target)
    keys.add(file, "ward")
    assert file.is_symlink()
    assert [key.name for key in keys.read(target)] == ["ward"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "line 1"),
        (b"\n\n[]", "line 3"),
        (b"\xff", "UTF-8"),
        (b'{"name":"a","salt":"00","hash":"00","colour":"red"}', "colour"),
        (b'{"name":"a","salt":"0","hash":"00"}', "salt"),
        (b'{"name":"a","salt":"00","hash":"00","role":"king"}', "role"),
        (b'{"name":"a","salt":"00","hash":"00"}\n' * 2, "two keys of the name a"),
    ],
)
def test_a_broken_file_says_where_it_is_broken(file, content, told):
    file.write_bytes(content)
    with pytest.raises(InvalidKeysFile, match=told):
        KeyRing(file)


def test_a_secret_that_was_put_into_the_file_is_not_told(file):
    file.write_text('{"name":"a","salt":"my-very-secret-key","hash":"00"}')
    with pytest.raises(InvalidKeysFile) as error:
        KeyRing(file)
    assert "my-very-secret-key" not in str(error.value)


def test_a_missing_file_and_one_that_is_none_are_told(file):
    with pytest.raises(InvalidKeysFile, match=r"No such file.*keys add"):
        KeyRing(file)
    with pytest.raises(InvalidKeysFile, match="directory"):
        KeyRing(file.parent)


def test_a_change_of_the_file_is_known_once_a_second_is_over(file, clock):
    ward = keys.add(file, "ward").encode()
    ring = KeyRing(file, clock)
    other = keys.add(file, "other").encode()
    assert ring.find(other) is None
    clock.now += CHECK_SECONDS
    assert ring.find(other).name == "other"
    keys.remove(file, "ward")
    assert ring.find(ward).name == "ward"
    clock.now += CHECK_SECONDS
    assert ring.find(ward) is None


def test_a_change_that_leaves_the_size_as_it_was_is_known_too(file, clock):
    old = keys.add(file, "ward").encode()
    ring = KeyRing(file, clock)
    keys.remove(file, "ward")
    new = keys.add(file, "ward").encode()
    clock.now += CHECK_SECONDS
    assert ring.find(old) is None
    assert ring.find(new).name == "ward"


@pytest.mark.parametrize("broken", ["half", "missing", "unreadable"])
def test_a_file_that_breaks_later_keeps_the_keys_and_is_told_once(file, clock, caplog, broken):
    ward = keys.add(file, "ward").encode()
    ring = KeyRing(file, clock)
    whole = file.read_bytes()
    if broken == "half":
        file.write_bytes(whole[:-20])
    else:
        file.unlink()
    if broken == "unreadable":
        file.mkdir()
    with caplog.at_level(logging.ERROR, "cardiode.keys"):
        for _ in range(3):
            clock.now += CHECK_SECONDS
            assert ring.find(ward).name == "ward"
    assert len(caplog.records) == 1 and file.name in caplog.text
    if broken == "unreadable":
        file.rmdir()
    file.write_bytes(b"")
    os.utime(file, ns=(1, 1))
    clock.now += CHECK_SECONDS
    assert ring.find(ward) is None


def test_all_keys_are_compared_whichever_fits(file, monkeypatch):
    first, _ = keys.add(file, "first"), keys.add(file, "second")
    ring = KeyRing(file)
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append(a) or real(a, b))
    assert ring.find(first.encode()).name == "first"
    assert len(compared) == 2
