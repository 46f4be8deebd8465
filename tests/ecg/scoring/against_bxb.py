"""What bxb.c and sumstats.c of PhysioNet's WFDB 10.7 said of the annotations below: the judge of this package.

Their source was compiled without the options that play no part here, and with a stand-in for the few functions of the
WFDB library that it calls. The folder `bxb` holds what they printed, and `cases.json` synthetic annotations made at
random to have all that is rare in real ones: shutdowns and flutters that are open, empty, or without a beat between,
waves at one sample, and the like.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecg import Annotations
from ecg.scoring import CLASS_OF, Comparison, compare

FOLDER = Path(__file__).parent / "bxb"


@dataclass(frozen=True)
class Case:
    """Two annotators, how they were compared, and the rows of the matrix that bxb printed."""

    comparison: Comparison
    matrix: list[list[int]]


def synthetic_cases() -> list[Case]:
    return [
        Case(
            compare(
                _annotations(case["reference"]),
                _annotations(case["test"]),
                case["fs"],
                name=case["name"],
                start=case["start"],
                end=case["end"],
                window=case["window"],
            ),
            case["matrix"],
        )
        for case in json.loads((FOLDER / "cases.json").read_text())
    ]


def _annotations(side: dict[str, Any]) -> Annotations:
    subtypes = np.zeros(len(side["samples"]), np.int64)
    for place, subtype in side["subtypes"].items():
        subtypes[int(place)] = subtype
    return Annotations(np.array(side["samples"], np.int64), tuple(side["symbols"]), subtypes)


def printed(name: str) -> str:
    return (FOLDER / name).read_text()


def mistaken(annotations: Annotations) -> Annotations:
    """An annotator that makes every kind of mistake, always the same ones."""
    marks = []
    triples = zip(annotations.samples.tolist(), annotations.symbols, annotations.subtypes.tolist(), strict=True)
    for place, (sample, symbol, subtype) in enumerate(triples):
        if symbol not in CLASS_OF:
            marks.append((sample, symbol, subtype))
        elif place % 17 != 5:
            told = next(
                (name for step, name in ((11, "V"), (13, "A"), (23, "F"), (31, "Q")) if place % step == 3), symbol
            )
            marks.append((sample + 37 * place % 101 - 50 + 60 * (place % 29 == 0), told, 0))
        if place % 41 == 0:
            marks.append((sample + 150, "N", 0))
    marks.sort(key=lambda mark: mark[0])
    samples, symbols, subtypes = zip(*marks, strict=True)
    return Annotations(np.array(samples, np.int64), symbols, np.array(subtypes, np.int64))
