"""API keys: who may use the service, in a file that keeps no key but only a hash that verifies it.

A line of the file is one key, as JSON: its name, its role, how many beats a second it may ask for, a salt and a hash.
The hash is SHA-256 of the salt and the key. Slow password hashes (scrypt, Argon2) protect secrets that people choose,
by making each guess dear. A key here is 256 random bits: nobody guesses it at any speed, and a slow hash would only let
strangers keep the service busy with wrong ones.
"""

import fcntl
import hashlib
import hmac
import logging
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import InvalidKeysFile, KeysError, KnownKey, UnknownKey
from ecg.messages import shortened

Role = Literal["client", "admin"]

KEY_BYTES = 32
SALT_BYTES = 16
LONGEST = 256
"""Bytes of the longest secret that is worth hashing; keys have 43 characters."""

CHECK_SECONDS = 1.0
"""How often, at most, it is looked whether the file has changed."""

HEX = r"^([0-9a-f]{2})+$"
NAME = r"^[A-Za-z0-9._-]{1,64}$"

logger = logging.getLogger("cardiode.keys")


class Key(BaseModel):
    """What is kept of one key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME)
    role: Role = "client"
    beats_per_second: float | None = Field(None, gt=0, allow_inf_nan=False, description="none: as many as it likes")
    salt: str = Field(pattern=HEX)
    hash: str = Field(pattern=HEX)

    @classmethod
    def new(cls, name: str, role: Role, beats_per_second: float | None) -> "tuple[Key, str]":
        """A key and its secret, which is kept nowhere. Raises KeysError for a name or a limit that cannot be."""
        secret, salt = secrets.token_urlsafe(KEY_BYTES), secrets.token_bytes(SALT_BYTES)
        hashed = _hash(salt, secret.encode())
        try:
            key = cls(name=name, role=role, beats_per_second=beats_per_second, salt=salt.hex(), hash=hashed.hex())
        except ValidationError as error:
            raise KeysError(_told(error)) from error
        return key, secret

    def opens(self, secret: bytes) -> bool:
        """Whether this is its secret, in a time that does not reveal how nearly."""
        return hmac.compare_digest(_hash(bytes.fromhex(self.salt), secret), bytes.fromhex(self.hash))


def _hash(salt: bytes, secret: bytes) -> bytes:
    return hashlib.sha256(salt + secret).digest()


def read(file: Path) -> list[Key]:
    """The keys of a file, in its order. Raises InvalidKeysFile."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidKeysFile(
            f"cannot read the file of API keys {file}: {reason}; `cardiode keys add NAME` makes one"
        ) from error
    keys = [_parsed(file, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    names = [key.name for key in keys]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidKeysFile(f"got two keys of the name {twice} in {file}, expected one; remove a line")
    return keys


def _parsed(file: Path, number: int, line: str) -> Key:
    try:
        return Key.model_validate_json(line)
    except ValidationError as error:
        raise InvalidKeysFile(
            f"line {number} of {file} is no API key: {_told(error)}; remove it and make another by "
            "`cardiode keys add NAME`"
        ) from error


def _told(error: ValidationError) -> str:
    """What is wrong, without what was got: it may be a secret that was pasted where it does not belong."""
    return "; ".join(
        f"{'.'.join(map(str, found['loc'])) or 'the line'}: {found['msg']}"
        for found in error.errors(include_input=False, include_url=False)
    )


def write(file: Path, keys: Sequence[Key]) -> None:
    """Put these keys into the file, all at once: nobody reads half of it, and only its owner any. Raises OSError."""
    target = file.resolve()  # a link goes on pointing where it does
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")  # of mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.writelines(f"{key.model_dump_json()}\n" for key in keys)
            opened.flush()
            os.fsync(opened.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _changing(file: Path) -> Iterator[None]:
    """Keeps others from changing the file meanwhile: they would write back what they had read before.

    Raises InvalidKeysFile where its folder is missing, and OSError.
    """
    target = file.resolve()
    if not target.parent.is_dir():
        raise InvalidKeysFile(
            f"cannot keep API keys in {file}: the folder {target.parent} does not exist; create it first"
        )
    # Beside the file, which is replaced; opened to be written, as NFS asks of what is locked for one alone. Its owner's
    # alone: whoever may open it may keep it locked.
    lock = os.open(target.with_name(f".{target.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def add(file: Path, name: str, role: Role = "client", beats_per_second: float | None = None) -> str:
    """Put a new key into the file, which is made where it is missing, and return its secret, this once.

    Raises KnownKey, KeysError, InvalidKeysFile and OSError.
    """
    key, secret = Key.new(name, role, beats_per_second)
    with _changing(file):
        keys = read(file) if file.exists() else []
        if any(key.name == name for key in keys):
            raise KnownKey(f"a key named {name} exists already; remove it first, or choose another name")
        write(file, [*keys, key])
    return secret


def remove(file: Path, name: str) -> None:
    """Take a key out of the file. Raises UnknownKey, InvalidKeysFile and OSError."""
    with _changing(file):
        keys = read(file)
        left = [key for key in keys if key.name != name]
        if len(left) == len(keys):
            names = ", ".join(key.name for key in keys) or "none"
            raise UnknownKey(f"got the name {shortened(name)!r}, expected one of: {names}")
        write(file, left)


class KeyRing:
    """The keys of a file, read anew when it changes. It belongs to one thread."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Read it. Raises InvalidKeysFile."""
        self._file = file
        self._clock = clock
        self._stamp = self._found()
        self._keys = read(file)
        self._checked = clock()

    def find(self, secret: bytes) -> Key | None:
        """The key of this secret. All are compared, so that the time does not reveal which of them it is."""
        self._refresh()
        if len(secret) > LONGEST:
            return None
        matching = [key for key in self._keys if key.opens(secret)]
        return matching[0] if matching else None

    def _refresh(self) -> None:
        now = self._clock()
        if now - self._checked < CHECK_SECONDS:
            return
        self._checked = now
        stamp = self._found()
        if stamp == self._stamp:
            return
        self._stamp = stamp  # before it is read: what changes meanwhile is read the next time
        try:
            self._keys = read(self._file)
        except InvalidKeysFile as error:
            logger.error("the keys are unchanged: %s", error)
        else:
            logger.info("read %d API keys again", len(self._keys))

    def _found(self) -> tuple[int, int, int] | None:
        """What distinguishes one state of the file from another; None where it is missing."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
