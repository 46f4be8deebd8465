"""Notes: what is warned of while a table is read, and refused where the caller is strict."""

from dataclasses import dataclass, field

from ecg.errors import UnreadableRecording
from ecg.reading import WarningKind, Warnings


@dataclass(frozen=True)
class Notes:
    """Those of one file."""

    name: str
    strict: bool
    warnings: Warnings = field(default_factory=Warnings)

    def warn(self, kind: WarningKind, message: str) -> None:
        """Note it. Raises UnreadableRecording where the caller is strict."""
        if self.strict:
            raise UnreadableRecording(f"{self.name}: {message}; read without strict, it would be warned of")
        self.warnings.add(kind, message)
