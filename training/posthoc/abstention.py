"""How confident an answer must be for a coverage, by validation beats; and what a coverage brings."""

import numpy as np
from jaxtyping import Float

from models import Abstention
from models.checkpoint.abstention import ALL, LEAST

COVERAGES = (*np.arange(LEAST, ALL - 0.005, 0.01).round(2).tolist(), 0.995, ALL)


def fit_abstention(confidences: Float[np.ndarray, "beat"]) -> Abstention:
    """The table of a network, from the confidence of each validation beat, none of which it was trained on.

    Of these beats at least the share that is asked for has the confidence that the table says.
    """
    rising = np.sort(confidences.astype(np.float64))
    needed = [float(rising[int((1 - coverage) * len(rising))]) for coverage in COVERAGES[:-1]]
    return Abstention(coverages=COVERAGES, confidences=(*needed, 0.0))
