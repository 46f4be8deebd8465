"""Messages: how errors name things and quote what libraries report, shortly, whatever a stranger has sent."""

from collections.abc import Iterable
from pathlib import Path

LONGEST = 80
"""Characters of a name that is shown whole."""

ROOM = 20
"""Characters for how long a name is."""

SENTENCE = 200
"""Characters of what a library reports."""

MOST = 10
"""Names that are shown one by one."""


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text; of a long one its beginning, and how long it is."""
    return text if len(text) <= longest else f"{text[: longest - ROOM]}... ({len(text):,} characters)"


def listed(names: Iterable[object]) -> str:
    """The names, each shortened; of many the first ones, and how many more there are."""
    shown = list(map(str, names))
    more = f" and {len(shown) - MOST:,} more" if len(shown) > MOST else ""
    return ", ".join(map(shortened, shown[:MOST])) + more


def reason(error: Exception, file: Path) -> str:
    """What a library reports of a file, without the folder it lies in, which may be ours and nobody else's business.

    Of an error within the library, whose words help nobody, only the kind.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, LookupError | TypeError | AttributeError | ArithmeticError):
        return f"its reader failed ({type(error).__name__})"
    return shortened(str(error).replace(f"{file.parent}/", ""), SENTENCE)
