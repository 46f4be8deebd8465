"""Which source it is that trains."""

import subprocess
from pathlib import Path


def source_commit() -> str:
    """The commit of the source that trains, with "-dirty" where it was changed since; "unknown" without a checkout."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():  # else a repository that merely surrounds an installed package would answer
        return "unknown"
    try:
        command = ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--match=", "--dirty"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - fixed
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
