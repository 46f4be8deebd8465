"""The audit: is any of the packages that cardiode is tested with known to have a hole?

`make audit` asks pip-audit about each line of constraints.txt. It ends with 1 where one has. Where the data cannot be
reached it says so, and ends with 0: nothing is known then.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


def main() -> int:
    command = [sys.argv[1], "--requirement", str(CONSTRAINTS), "--no-deps", "--disable-pip", "--format", "json"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - all is ours
    try:
        packages = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"not audited: {(asked.stderr.strip().splitlines() or ['nothing was answered'])[-1]}")
        return 0
    return report(packages)


def report(packages: list[dict[str, Any]]) -> int:
    """Print what is known, and return the status of a process that says so."""
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        print(f"not audited: the data of holes could not be reached for any of {len(packages)} packages")
        return 0
    holes = [(package, hole) for package in known for hole in package["vulns"]]
    for package, hole in holes:
        fixed = ", ".join(hole["fix_versions"]) or "no version"
        print(f"{package['name']} {package['version']}: {hole['id']}, mended in {fixed}")
    print(f"{len(known)} of {len(packages)} packages are known, and {len(holes)} holes in them")
    return int(bool(holes))


if __name__ == "__main__":
    sys.exit(main())
