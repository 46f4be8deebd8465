import numpy as np
import pytest


@pytest.fixture
def microvolts(made):
    """By lead."""
    return {name: np.round(signal * 1000).astype(int) for name, signal in zip(("II", "V1"), made.signals, strict=True)}


@pytest.fixture
def write(tmp_path):
    def write(content, name="made.xml"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write
