"""The ports that the process answers on, and whom it lets reach it."""

import contextlib
import json
import re
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2 as httpx
import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from app import service
from app.errors import OpenToAll
from app.http.loopback import is_loopback
from app.keys import file as keys
from app.server.run import check, listen
from app.settings import Settings
from tests.app.batching.test_batcher import WorkerHere
from tests.app.conftest import end, started
from tests.app.routes.test_classify import wait_for


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_loopback_is_this_machine_alone(host):
    assert is_loopback(host)
    check(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.1", "192.168.1.2", "localhost.example", "ward-server"])
def test_where_others_may_reach_it_the_service_needs_keys_or_to_be_told_that_it_does_not(host, tmp_path):
    assert not is_loopback(host)
    with pytest.raises(OpenToAll, match="CARDIODE_ANONYMOUS=true"):
        check(Settings(host=host))
    check(Settings(host=host, anonymous=True))
    check(Settings(host=host, api_keys_file="keys.jsonl"))


def test_what_would_be_open_to_all_does_not_start_and_says_so_in_one_line(told):
    assert re.fullmatch(r"OpenToAll: .*'0\.0\.0\.0'.*CARDIODE_API_KEYS_FILE.*\n", told(CARDIODE_HOST="0.0.0.0"))


def test_a_process_with_keys_asks_for_them_and_operations_have_a_port_until_all_requests_are_finished(
    checkpoints, beat, tmp_path
):
    file = tmp_path / "keys.jsonl"
    secret = keys.add(file, "ward")
    settings = {"CARDIODE_HOST": "0.0.0.0", "CARDIODE_OPERATIONS_PORT": "0", "CARDIODE_API_KEYS_FILE": str(file)}
    with started(checkpoints.values(), ports=2, **settings) as (process, addresses):
        operations, main = (address.replace("0.0.0.0", "127.0.0.1") for address in addresses)
        wait_for(lambda: not refuses(operations))
        asks_for_keys(main, secret)
        has_operations_elsewhere(main, operations, secret)
        outlasts_requests(process, main, operations, secret, beat)


def asks_for_keys(address, secret):
    """The port asks for a key, whatever it is sent, and shows no version."""
    live = httpx.get(f"{address}/health/live")
    assert live.status_code == 200 and "server" not in live.headers
    refused = httpx.post(f"{address}/recordings", content=b"x" * 3_000_000)
    assert refused.status_code == 401 and "server" not in refused.headers
    assert httpx.get(f"{address}/models", headers=bearing(secret)).status_code == 200
    assert httpx.get(f"{address}/models", headers=bearing("a" * 30_000)).status_code == 401
    at = f"{address.replace('http', 'ws')}/stream"
    with pytest.raises(InvalidStatus) as denied:
        connect(at).__enter__()
    assert denied.value.response.status_code == 401
    assert denied.value.response.headers["www-authenticate"] == "Bearer"
    with connect(at, subprotocols=[Subprotocol("cardiode"), Subprotocol(f"cardiode.key.{secret}")]) as stream:
        assert stream.subprotocol == "cardiode"
        stream.send(json.dumps({"fs": 250, "leads": ["II"]}))
        assert json.loads(stream.recv())["stream"]["lead"] == "II"


def has_operations_elsewhere(main, operations, secret):
    """Health is on both ports, metrics on the port for operations alone, where nobody is asked for a key."""
    assert httpx.get(f"{main}/metrics", headers=bearing(secret)).status_code == 404
    assert httpx.get(f"{operations}/models").status_code == 404
    for address in (main, operations):
        assert httpx.get(f"{address}/health/live").status_code == 200
        assert httpx.get(f"{address}/health/ready").json() == {"status": "ready"}
    figures = httpx.get(f"{operations}/metrics")
    assert "cardiode_build_info" in figures.text and "server" not in figures.headers


def outlasts_requests(process, main, operations, secret, beat):
    """The port for operations answers until the last request is finished, and then the process ends."""
    content = json.dumps({"beats": [beat]}).encode()
    with begun(main, content[:1000], len(content), bearing(secret)) as connection:
        wait_for(lambda: in_progress(operations))
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses(main))
        assert httpx.get(f"{operations}/health/live").status_code == 200
        assert httpx.get(f"{operations}/health/ready").status_code == 503
        connection.sendall(content[1000:])
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
    assert process.wait(timeout=60) in (0, -signal.SIGTERM)
    assert refuses(operations)


def bearing(secret):
    return {"Authorization": f"Bearer {secret}"}


def begun(address, content, length, headers):
    """A connection whose request is taken, of whose body the beginning alone has come."""
    url = httpx.URL(address)
    lines = [
        "POST /classify HTTP/1.1",
        "Host: localhost",
        f"Content-Length: {length}",
        *map(": ".join, headers.items()),
    ]
    connection = socket.create_connection((url.host, url.port), timeout=60)
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + content)
    return connection


def stalled(address, beat):
    """One whose body does not come."""
    connection = begun(address, str(beat).encode(), 100_000, {})
    wait_for(lambda: in_progress(address))
    return connection


def in_progress(address):
    """Whether one more request is than that for the metrics, on whichever port."""
    return "in_progress 2.0" in httpx.get(f"{address}/metrics").text


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_though_a_client_is_stuck(ending, beat, how):
    process, address = ending
    with stalled(address, beat) as connection:
        process.send_signal(how)
        wait_for(lambda: refuses(address))  # it has begun to end
        assert process.poll() is None
        process.send_signal(how)
        assert process.wait(timeout=20) == 128 + how  # 30 s are what requests have to finish
        assert connection.recv(1) == b""


def test_a_request_that_is_not_done_in_time_is_told_so(checkpoints, beat):
    with started(checkpoints.values(), CARDIODE_SHUTDOWN_SECONDS="1") as (process, (address,)):
        with stalled(address, beat) as connection:
            process.send_signal(signal.SIGTERM)
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 503 ") and b"application/problem+json" in answer
        assert b"has ended before this was answered" in answer
        assert process.wait(timeout=60) in (0, -signal.SIGTERM)


@pytest.mark.parametrize(("stuck", "status"), [(False, -signal.SIGTERM), (True, 1)])
def test_it_ends_in_time_though_a_solve_goes_on_which_is_given_up(checkpoints, beat, stuck, status):
    long = {"beats": [beat] * 64, "solver": {"method": "rk4", "step": 1e-3, "max_evaluations": 10_000}}
    with started(checkpoints.values(), CARDIODE_SHUTDOWN_SECONDS="0") as (process, (address,)):
        family = psutil.Process(process.pid).children(recursive=True) if stuck else []
        with ThreadPoolExecutor() as other:
            asked = other.submit(httpx.post, f"{address}/classify", json=long, timeout=60)
            wait_for(lambda: in_progress(address))
            for worker in family:
                worker.suspend()
            process.send_signal(signal.SIGTERM)
            assert asked.result().status_code == 503
        assert process.wait(timeout=60) == status
        for worker in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()


def refuses(address):
    host, port = address.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except ConnectionError:
        return True
    return False


def test_a_port_that_is_taken_ends_the_process(checkpoints):
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = end(CARDIODE_MODELS=str(checkpoints["resnet"]), CARDIODE_PORT=str(other.getsockname()[1]))
    assert ended.returncode != 0
    assert "ddress already in use" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_so_does_a_port_for_operations_that_is_taken(served, caplog):
    with socket.create_server(("127.0.0.1", 0)) as other:
        worker: Any = WorkerHere
        settings = Settings(port=0, operations_port=other.getsockname()[1])
        with pytest.raises(SystemExit) as ended:
            listen(service.create(served, settings, begin=worker), settings)
    assert ended.value.code != 0
    (told,) = caplog.records
    assert "ddress already in use" in told.getMessage() and not told.exc_info
