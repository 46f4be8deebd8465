"""Decisions out of fold, held against the reference of each database by the standard."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int64

from ecg import LABELS, Annotations
from ecg.formats.wfdb import UNJUDGED, read_annotations
from ecg.formats.wfdb.header import SUFFIX, read_extent
from ecg.scoring import CLASS_OF_IN_LITERATURE, LEARNING, Comparison, compare
from training.data.groups import Group
from training.learning.crossvalidation import OutOfFold


def compare_out_of_fold(
    out: OutOfFold, labels: Int64[np.ndarray, "beat"], groups: Sequence[Group]
) -> Mapping[str, list[Comparison]]:
    """The comparisons of each database whose beats are annotated, from the fifth minute on, escape beats as N.

    `labels` are those that were decided on, as indices of `LABELS`, -1 where none was.
    """
    symbols = np.array([*LABELS, UNJUDGED])
    compared: dict[str, list[Comparison]] = {}
    for group in groups:
        database = group.database
        for name in () if database.weak else group.names:
            own = (out.recordings == name) & (out.databases == database.name)
            path = database.path(group.data, name)
            extent = read_extent(path.with_name(f"{path.name}{SUFFIX}"))
            end = None if extent.length is None else extent.length / extent.fs
            if end is not None and end <= LEARNING:
                continue
            compared.setdefault(database.name, []).append(
                compare(
                    read_annotations(path, database.annotator, extent.fs),
                    Annotations(out.peaks[own], tuple(symbols[labels[own]].tolist())),
                    extent.fs,
                    name=name,
                    start=LEARNING,
                    end=end,
                    class_of=CLASS_OF_IN_LITERATURE,
                )
            )
    return compared
