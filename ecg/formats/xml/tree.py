"""XML of strangers: a small tree of it, of bounded size and depth, without entities and without anything from outside.

Expat alone would open no other file, but an entity may stand for gigabytes, and a million elements of four bytes for
as much.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from ecg.errors import LargeRecording, UnreadableRecording
from ecg.messages import shortened

MAX_SIZE = 2**28
MAX_ELEMENTS = 100_000
MAX_DEPTH = 100
MAX_ATTRIBUTES = 20
PIECE = 2**16


@dataclass(slots=True)
class Element:
    """One of a tree, by its name without a namespace."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What stands in it, but for what stands in its children."""
        return "".join(self.pieces).strip()

    def all(self, *path: str) -> Iterator["Element"]:
        """The descendants at the end of a path of names."""
        here = [self]
        for name in path:
            here = [child for element in here for child in element.children if child.name == name]
        yield from here

    def first(self, *path: str) -> "Element":
        """The first of them; an empty one where there is none."""
        return next(self.all(*path), Element(path[-1] if path else self.name))

    def value(self, *path: str) -> str:
        """The attribute `value` of the first of them."""
        return self.first(*path).attributes.get("value", "")


def read_tree(file: Path) -> Element:
    """The root of a file's elements.

    Raises UnreadableRecording, also for one that declares entities, and LargeRecording.
    """
    if file.stat().st_size > MAX_SIZE:
        raise LargeRecording(f"{file.name} has {file.stat().st_size:,} bytes, expected at most {MAX_SIZE:,}")
    builder = _Builder(file)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.EntityDeclHandler = builder.entity
    try:
        with file.open("rb") as opened:
            while piece := opened.read(PIECE):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # an encoding that is none is a LookupError
        raise UnreadableRecording(f"{file.name} is no XML that can be read: {shortened(str(error))}") from error
    return builder.root


class _Builder:
    """Makes a tree of what expat reports."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._open: list[Element] = []
        self._count = 0
        self._names: dict[str, str] = {}
        self.root = Element("")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise UnreadableRecording(
                f"{self._file.name} has over {MAX_ELEMENTS:,} elements, {MAX_DEPTH} within each other or "
                f"{MAX_ATTRIBUTES} attributes of one, which no recording has"
            )
        element = Element(self._bare(name), {self._bare(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _: str) -> None:
        """End the one that was begun last."""
        self._open.pop()

    def characters(self, text: str) -> None:
        """Text within it."""
        if not text.isspace() or self._open[-1].pieces:
            self._open[-1].pieces.append(text)

    def entity(self, *_: object) -> None:
        """A declaration of one. Raises UnreadableRecording."""
        raise UnreadableRecording(f"{self._file.name} declares entities, which no recording needs; write them out")

    def _bare(self, name: str) -> str:
        """A name without its namespace; each is kept once, however often it comes."""
        if name not in self._names:
            self._names[name] = name.rpartition(" ")[2]
        return self._names[name]
