"""BentoML around the classifier: `python -m benchmarks.services.bentoml`.

Batches as https://docs.bentoml.com/en/latest/get-started/adaptive-batching.html advises: `max_batch_size` counts beats,
since they are the first dimension; how long to wait it finds out itself. `max_latency_ms` is no wait but when it gives
a request up, which is as late here as in the service of this repository. Workers as
https://docs.bentoml.com/en/latest/build-with-bentoml/parallelize-requests.html advises for CPUs. It takes JSON, forms
and pickles, no raw bytes. An answer is the list of beats, without a name.
"""

import os
import sys
from typing import Annotated

import bentoml
import numpy as np
from bentoml.validators import DType, Shape

from benchmarks.services import answering
from benchmarks.services.answering import Answer
from benchmarks.services.setup import Setup

SETUP = Setup.from_environment()
GIVEN_UP_MS = 30_000


@bentoml.service(workers=SETUP.workers, traffic={"timeout": GIVEN_UP_MS // 1000})
class Heartbeats:
    """`POST /classify`."""

    def __init__(self) -> None:
        self.classifier = answering.load(SETUP)

    @bentoml.api(
        route="/classify", batchable=True, batch_dim=0, max_batch_size=SETUP.batch_beats, max_latency_ms=GIVEN_UP_MS
    )
    def classify(self, beats: Annotated[np.ndarray, DType("float32"), Shape((-1, 187))]) -> Answer:
        """Label and probabilities of each beat of a batch."""
        return answering.answer_of(self.classifier.classify(beats))


def main() -> None:
    """Become `bentoml serve`, which imports this file again in each worker."""
    serve = ["-m", "bentoml", "serve", "benchmarks.services.bentoml:Heartbeats"]
    os.execv(sys.executable, [sys.executable, *serve, "--host", "127.0.0.1", "--port", str(SETUP.port)])  # noqa: S606


if __name__ == "__main__":
    main()
