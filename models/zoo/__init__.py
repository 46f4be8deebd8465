"""The released checkpoints: a folder for each, with the checkpoint, its card and its figures."""

from pathlib import Path

from models.checkpoint.file import FILE_NAME
from models.errors import UnknownModel

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The released models."""
    return sorted(file.parent.name for file in FOLDER.glob(f"*/{FILE_NAME}"))


def find(name_or_path: str | Path) -> Path:
    """The checkpoint file of a released model, or the file itself where a path is given.

    Raises UnknownModel where there is neither.
    """
    if str(name_or_path) in names():
        return FOLDER / str(name_or_path) / FILE_NAME
    file = Path(name_or_path)
    if file.is_file():
        return file
    raise UnknownModel(
        f"there is no model {str(name_or_path)!r}: the zoo has {', '.join(names()) or 'none'}, and there is no file"
    )
