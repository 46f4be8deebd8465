import threading
import time

import pytest
import uvicorn
from fastapi import FastAPI, Response

from soak.contract import Service, examine


def app():
    """A service that keeps to what it describes, but for one answer."""
    app = FastAPI()

    @app.get("/kept")
    def kept() -> int:
        return 1

    @app.get("/broken")
    def broken(response: Response) -> int:
        response.status_code = 418
        return 1

    return app


@pytest.fixture
def service():
    server = uvicorn.Server(uvicorn.Config(app(), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield Service(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", "key")
    server.should_exit = True
    thread.join()


def test_an_answer_that_is_not_described_is_found(service, capfd):
    outcome = examine(service, seed=1, each=1, phases=("fuzzing",))
    assert outcome.finished and outcome.cases and outcome.failures
    told = capfd.readouterr().out
    assert "GET /broken" in told and "418" in told and "1 passed" in told
