"""Ray Serve around the classifier: `python -m benchmarks.services.ray_serve`.

Batches as https://docs.ray.io/en/latest/serve/advanced-guides/dyn-req-batch.html advises, counted in beats by
`batch_size_fn`. As https://docs.ray.io/en/latest/serve/advanced-guides/performance.html advises, a replica reserves a
core, and its async methods take more requests at once than the few of the default. HAProxy stands in front and
RAY_SERVE_THROUGHPUT_OPTIMIZED is set, as
https://docs.ray.io/en/master/cluster/kubernetes/user-guides/kuberay-serve-high-throughput.html advises; that asks for
an event loop in which nothing blocks, so a thread solves. It takes any body.
"""

import asyncio
import json
import os
from collections.abc import Sequence

import numpy as np
import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse

from benchmarks.services import answering
from benchmarks.services.answering import Answer
from benchmarks.services.setup import Setup, free_port

SETUP = Setup.from_environment()
ONGOING_REQUESTS = 1000


def beats_in(requests: Sequence[np.ndarray]) -> int:
    """What a batch is measured by."""
    return sum(map(len, requests))


@serve.deployment(
    num_replicas=SETUP.workers,
    max_ongoing_requests=ONGOING_REQUESTS,
    ray_actor_options={"num_cpus": 1},
)
class Heartbeats:
    """`POST /classify`."""

    def __init__(self) -> None:
        self.classifier = answering.load(SETUP)

    @serve.batch(max_batch_size=SETUP.batch_beats, batch_wait_timeout_s=SETUP.batch_wait, batch_size_fn=beats_in)
    async def decide(self, requests: list[np.ndarray]) -> list[Answer]:
        """The answer to each request of a batch."""
        return await asyncio.to_thread(answering.answer, self.classifier, requests)

    async def __call__(self, request: Request) -> JSONResponse:
        """The answer to one request."""
        body = await request.body()
        if request.headers["Content-Type"] == "application/json":
            beats = answering.from_json(json.loads(body))
        else:
            beats = answering.from_bytes(body)
        return JSONResponse({"beats": await self.decide(beats)})


def haproxy(folder: str) -> dict[str, str]:
    """Ports and files of its own: another program may use those of Ray's default."""
    return {
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(free_port()),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(free_port()),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": f"{folder}/haproxy.cfg",
        "RAY_SERVE_HAPROXY_SOCKET_PATH": f"{folder}/admin.sock",
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": folder,
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": f"{folder}/server-state",
    }


def main() -> None:
    os.environ |= haproxy(f"{SETUP.folder}/haproxy")
    cores = len(os.sched_getaffinity(0))
    ray.init(num_cpus=cores, include_dashboard=False, _temp_dir=f"{SETUP.folder}/ray")
    serve.start(http_options={"host": "127.0.0.1", "port": SETUP.port})
    serve.run(Heartbeats.bind(), route_prefix="/classify", blocking=True)


if __name__ == "__main__":
    main()
