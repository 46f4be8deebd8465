"""Annotations in a line: `marks("100 N, 200 V, 300 ~ 48")` has a sample, a symbol and perhaps a subtype of each."""

from collections.abc import Callable

import numpy as np
import pytest

from ecg import Annotations


@pytest.fixture
def marks() -> Callable[[str], Annotations]:
    def made(line: str) -> Annotations:
        parts = [part.split() for part in line.split(",") if part.strip()]
        return Annotations(
            np.array([int(part[0]) for part in parts], np.int64),
            tuple(part[1] for part in parts),
            np.array([int(part[2]) if len(part) > 2 else 0 for part in parts], np.int64),
        )

    return made
