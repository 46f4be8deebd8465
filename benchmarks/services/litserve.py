"""LitServe around the classifier: `python -m benchmarks.services.litserve`.

Batches as https://lightning.ai/docs/litserve/features/batching advises (`max_batch_size` counts requests, and
`batch_timeout` is in seconds), a worker a core as `LitServer` advises for CPUs, with as many HTTP servers, its default,
and `fast_queue`, which it advises from 100 requests a second on. It takes JSON and forms, no raw bytes.
"""

import litserve
import numpy as np

from benchmarks.services import answering
from benchmarks.services.answering import Answer
from benchmarks.services.setup import Setup


class Heartbeats(litserve.LitAPI):
    """`POST /classify`."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - the CPU
        """Load the classifier, in each worker."""
        self.classifier = answering.load(Setup.from_environment())

    def decode_request(self, request) -> np.ndarray:
        """The beats of one request, a dictionary. Were that annotated, FastAPI would look for it in the query."""
        return answering.from_json(request)

    def batch(self, inputs: list[np.ndarray]) -> list[np.ndarray]:
        """The requests as they are: they may have different numbers of beats."""
        return inputs

    def predict(self, requests: list[np.ndarray]) -> list[Answer]:
        """The answer to each."""
        return answering.answer(self.classifier, requests)

    def encode_response(self, output: Answer) -> dict[str, Answer]:
        """The JSON of one answer."""
        return {"beats": output}


def main() -> None:
    setup = Setup.from_environment()
    api = Heartbeats(max_batch_size=setup.batch_requests, batch_timeout=setup.batch_wait, api_path="/classify")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=setup.workers, fast_queue=True)
    server.run(host="127.0.0.1", port=setup.port, generate_client_file=False)


if __name__ == "__main__":
    main()
