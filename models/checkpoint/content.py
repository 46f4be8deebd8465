"""The content of a checkpoint file, before any sense is made of it.

A safetensors file is its header's length in 8 bytes, the header as JSON, and the tensors' bytes. The header's metadata
has four entries: `format`, `version`, `info` (JSON), and `sha256`, the hash of info and tensors. Reading a file runs no
code of the file's.
"""

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from models.errors import AlteredCheckpoint, BadCheckpoint, NotACheckpoint, TruncatedCheckpoint, WrongCheckpointVersion

FORMAT = "cardiode checkpoint"
VERSION = "2"
MIGRATED = ("1",)
"""The versions that `models.migration` makes a current one of."""


@dataclass(frozen=True)
class Content:
    """What a file holds: `info` as JSON, and tensors by name."""

    info: str
    tensors: dict[str, Tensor]

    @property
    def sha256(self) -> str:
        """The hash of it all."""
        digest = hashlib.sha256(self.info.encode())
        for name in sorted(self.tensors):
            array = np.ascontiguousarray(self.tensors[name].numpy())
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()


def write(content: Content, file: Path) -> None:
    """Write the file; one of that name is replaced in one step."""
    tensors = {name: tensor.contiguous() for name, tensor in content.tensors.items()}
    metadata = {"format": FORMAT, "version": VERSION, "info": content.info, "sha256": content.sha256}
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_bytes(save_tensors(tensors, metadata))
    partial.replace(file)


def read(file: Path, version: str = VERSION) -> Content:
    """The content of a file of that version of the format.

    Raises NotACheckpoint, TruncatedCheckpoint, WrongCheckpointVersion or AlteredCheckpoint, each naming the file.
    """
    raw = _bytes(file)
    metadata = _metadata(raw, file)
    if metadata.get("version") != version:
        raise WrongCheckpointVersion(_other_version(file, str(metadata.get("version")), version))
    try:
        content = Content(metadata.get("info", ""), load_tensors(raw))
    except SafetensorError as error:
        raise AlteredCheckpoint(f"{file} is damaged: {error}; fetch it again") from error
    if content.sha256 != metadata.get("sha256"):
        raise AlteredCheckpoint(f"{file} is not what was saved: its content and its sha256 differ; fetch it again")
    return content


def version_of(file: Path) -> str:
    """The version of the format that a checkpoint file has. Raises what `read` raises for one that is none."""
    return str(_metadata(_bytes(file), file).get("version"))


def _other_version(file: Path, version: str, expected: str) -> str:
    remedy = f"rewrite it with `cardiode migrate {file}`" if version in MIGRATED else "train or fetch it again"
    return f"{file} has format version {version}, expected {expected}; {remedy}"


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadCheckpoint(f"cannot read the checkpoint {file}: {error.strerror}") from error


def _metadata(raw: bytes, file: Path) -> dict[str, str]:
    """The metadata of the file's header, once it is certain that the file is ours and has its end."""
    stranger = NotACheckpoint(f"{file} is not a cardiode checkpoint; make one with `cardiode train`")
    if len(raw) < 8:
        raise stranger
    (length,) = struct.unpack("<Q", raw[:8])
    if raw[8:9] != b"{" or length > 100_000_000:
        raise stranger
    if len(raw) < 8 + length:
        raise TruncatedCheckpoint(f"{file} has {len(raw):,} bytes, but its header alone needs {8 + length:,}")
    try:
        header = json.loads(raw[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        end = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise stranger from error
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise stranger
    if len(raw) < end:
        raise TruncatedCheckpoint(f"{file} has {len(raw):,} bytes, expected {end:,}; fetch it again")
    return dict(metadata)
