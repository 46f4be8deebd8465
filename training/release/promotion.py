"""Promotion: a checkpoint, its card and its figures become a model of the zoo, all at once."""

import shutil
from pathlib import Path

from models.checkpoint.file import FILE_NAME

STAGING = ".promotion"
"""A folder beside those of the models, in which no name is looked for."""

KINDS = (".md", ".json", ".png")
UNPUBLISHED = "beats.png"
"""It is drawn from recorded beats."""


def promote(checkpoint: Path, evaluation: Path, zoo: Path, name: str) -> Path:
    """Put a checkpoint in the zoo under this name, with what `evaluate` wrote of it; gives the model's folder.

    All is written beside first, then the folder takes the place of that of the model before. Where anything fails,
    the zoo is as it was.
    """
    staging, target = zoo / STAGING, zoo / name
    new, old = staging / "new", staging / "old"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        new.mkdir(parents=True)
        for file in sorted(evaluation.iterdir()):
            if file.suffix in KINDS and file.name != UNPUBLISHED:
                shutil.copyfile(file, new / file.name)
        shutil.copyfile(checkpoint, new / FILE_NAME)
        _exchange(new, target, old)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


def _exchange(new: Path, target: Path, old: Path) -> None:
    """A folder that has files cannot be replaced in one step, so the one before is put back where the second fails."""
    before = target.exists()
    if before:
        target.replace(old)
    try:
        new.replace(target)
    except BaseException:
        if before:
            old.replace(target)
        raise
