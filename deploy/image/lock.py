"""The locks of the image, written anew: every package that is installed in it, with the hashes of its files.

`make lock` resolves what the service needs to the versions of constraints.txt. It writes three files beside this one:
service.lock, all but torch; cuda.lock, torch as PyPI has it and what that needs; cpu.lock, its CPU build.
"""

import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]

COMMAND = [
    *("pip", "compile", "pyproject.toml", "--extra", "traces", "--extra", "dicom", "--constraint", "constraints.txt"),
    *("--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header", "--quiet"),
]

OF_TORCH = ("torch==", "nvidia-", "cuda-", "triton==")
"""How the lines begin of torch, and of what PyPI's build of it brings."""

CPU = "torch==2.13.0+cpu \\\n    --hash=sha256:6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b\n"
"""Of the wheel for CPython 3.11 on x86_64 with which cardiode is tested: its index is not PyPI, so no resolver finds it
there. Another version, or processor, has another hash, which `pip hash FILE` tells."""


def main() -> None:
    resolved = subprocess.run(  # noqa: S603 - all is ours
        [sys.argv[1], *COMMAND], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    packages = re.split(r"^(?=\S)", resolved, flags=re.MULTILINE)
    write("service.lock", "all but torch", [package for package in packages if not package.startswith(OF_TORCH)])
    write("cuda.lock", "torch as PyPI has it", [package for package in packages if package.startswith(OF_TORCH)])
    write("cpu.lock", "the CPU build of torch", [CPU])


def write(name: str, what: str, packages: list[str]) -> None:
    """Write a lock."""
    (FOLDER / name).write_text(f"# Of the image: {what}. `make lock` writes it.\n" + "".join(packages))


if __name__ == "__main__":
    main()
