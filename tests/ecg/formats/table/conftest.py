"""Tables of a synthetic recording, as programs and devices write them."""

import numpy as np
import pytest

from ecg.formats.table import open_table
from ecg.reading import ReadOptions


@pytest.fixture
def write(tmp_path):
    """Writes a text, and gives the file's path."""

    def write(text, name="made.csv", encoding="utf-8"):
        file = tmp_path / name
        file.write_bytes(text.encode(encoding))
        return file

    return write


@pytest.fixture
def read(write):
    """Reads a text as a recording; the options are those of the caller."""

    def read(text, name="made.csv", encoding="utf-8", **options):
        return open_table(write(text, name, encoding), ReadOptions(**options)).read()

    return read


@pytest.fixture
def signal(made):
    """The first lead, in mV, 250 samples a second."""
    return made.signals[0].astype(np.float64)


def lines(*columns, separator=","):
    """Rows of these columns."""
    return "".join(separator.join(row) + "\n" for row in zip(*columns, strict=True))


def fixed(values, digits=3):
    """Numbers with so many decimals."""
    return [f"{value:.{digits}f}" for value in values]


def commas(cells):
    """With decimal commas."""
    return [cell.replace(".", ",") for cell in cells]
