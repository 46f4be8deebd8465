"""Migration: a checkpoint file of an earlier version of the format, rewritten as one of the current version.

Version 1 described in sentences how beats were made, where version 2 has names. All else is the same.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.checkpoint.content import VERSION, Content, read, version_of, write
from models.checkpoint.file import load, parse_info
from models.checkpoint.preprocessing import LeadChoice, Scale
from models.classifier import Classifier
from models.errors import AlteredCheckpoint, WrongCheckpointVersion

NAMES: dict[str, dict[str, str]] = {
    "scale": {"minimum and maximum of the crop": Scale.MINIMUM_MAXIMUM},
    "leads": {"II, else V5, else the clearest; then the first other one": LeadChoice.II_V5_OR_CLEAREST_AND_ANOTHER},
}
"""The sentences of version 1, by the field of the preprocessing that they stood in, and what they are called now."""


def migrate(file: Path) -> bool:
    """Rewrite the file in place; False for one of the current version, which is left as it is.

    The file is replaced once what is to take its place has the same weights and answers its reference beats; until
    then it is as it was. Raises BadCheckpoint of the kind that says what is wrong with it.
    """
    if version_of(file) == VERSION:
        load(file)
        return False
    before = read(file, "1")
    migrated = file.with_suffix(".migrated")
    try:
        write(Content(_info(before.info, file), before.tensors), migrated)
        _check(migrated, before)
        migrated.replace(file)
    finally:
        migrated.unlink(missing_ok=True)
    return True


def _info(text: str, file: Path) -> str:
    """The info with names for the sentences about the preprocessing."""
    info: dict[str, Any] = json.loads(text)
    preprocessing = info.get("preprocessing", {})
    for field, names in NAMES.items():
        if field in preprocessing:
            sentence = preprocessing[field]
            if sentence not in names:
                raise WrongCheckpointVersion(f"{file} has the {field} {sentence!r}, expected one of {list(names)}")
            preprocessing[field] = names[sentence]
    return parse_info(json.dumps(info), file).model_dump_json()


def _check(migrated: Path, before: Content) -> None:
    """Check that it holds the same numbers, and that its network answers as it must."""
    if replace(read(migrated), info="").sha256 != replace(before, info="").sha256:
        raise AlteredCheckpoint(f"{migrated} has other numbers than the file it was made from")
    Classifier.proven(load(migrated), migrated)
