"""Annotations as tuples of sample, symbol, subtype and note."""

import numpy as np

from ecg import Annotations


def annotations_of(marks, *, notes=True):
    samples, symbols, subtypes, named = zip(*marks, strict=True) if marks else ((), (), (), ())
    return Annotations(np.array(samples, np.int64), symbols, np.array(subtypes, np.int64), named if notes else None)
