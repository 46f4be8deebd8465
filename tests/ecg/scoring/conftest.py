"""Annotations in a line: `marks("100 N, 200 V, 300 ~ 48, 400 + (AFIB")` has a sample, a symbol and perhaps a subtype or
a note of each."""

from collections.abc import Callable

import numpy as np
import pytest

from ecg import Annotations


@pytest.fixture
def marks() -> Callable[[str], Annotations]:
    def made(line: str) -> Annotations:
        parts = [part.split() for part in line.split(",") if part.strip()]
        more = [part[2] if len(part) > 2 else "" for part in parts]
        return Annotations(
            np.array([int(part[0]) for part in parts], np.int64),
            tuple(part[1] for part in parts),
            np.array([int(one) if _is_number(one) else 0 for one in more], np.int64),
            tuple("" if _is_number(one) else one for one in more),
        )

    return made


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdigit()
