"""Identity: which checkpoint a classifier is."""

from dataclasses import dataclass

AT = "@"
"""Between a name and what pins it; no model's name has one."""

SHORT = 8
"""Digits of a sha256 that pin a model at least."""


@dataclass(frozen=True)
class ModelIdentity:
    """Which model answered."""

    name: str
    version: str
    sha256: str

    @property
    def pin(self) -> str:
        """What a request calls this very checkpoint, whatever else is served under its name."""
        return f"{self.name}{AT}{self.sha256[:SHORT]}"


UNRELEASED = ModelIdentity("", "", "")
"""That of a network which is still being trained."""
