"""How every example is asked, and how it shows what it found: a table in the terminal, a figure in a file."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.process import use_one_core

FIGURES = Path(__file__).parent / "figures"


@dataclass(frozen=True)
class Asked:
    """Whether an example shall run at its full size, the folder of its figure, and that of other data, if any."""

    full: bool
    out: Path
    data: Path | None = None


def ask(what: str | None, arguments: Sequence[str] | None = None, *, data: str | None = None) -> Asked:
    """What the command line asks of an example that is described by `what`; from now on the process uses one core.

    An example that can take data of the user's says in `data` what their folder holds.
    """
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="do more, which takes longer")
    parser.add_argument("--out", type=Path, default=FIGURES, help="folder of the figure (default %(default)s)")
    parser.set_defaults(data=None)
    if data:
        parser.add_argument("--data", type=Path, metavar="FOLDER", help=data)
    asked = parser.parse_args(arguments)
    use_one_core()
    return Asked(asked.full, asked.out, asked.data)


def tabulate(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with aligned columns."""
    text: str = pd.DataFrame(list(rows), columns=list(header)).to_string(index=False)
    return text


def panels(count: int, *, width: float = 4.6, height: float = 3.6, sharey: bool = False) -> tuple[Figure, list[Axes]]:
    """A figure with so many panels side by side, each of that size in inches."""
    figure, axes = plt.subplots(
        1, count, figsize=(count * width, height), layout="constrained", squeeze=False, sharey=sharey
    )
    for panel in axes[0]:
        panel.grid(alpha=0.3)
    return figure, list(axes[0])


def save(figure: Figure, file: Path) -> None:
    """Write the figure as PNG, the same bytes for the same figure."""
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110, metadata={"Software": None}, pil_kwargs={"optimize": True})
    plt.close(figure)
    print(f"\n{file}")
