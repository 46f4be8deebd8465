"""The ports that the process answers on, and whom it lets reach it."""

import json
import re
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from app.errors import OpenToAll
from app.http.loopback import is_loopback
from app.keys import file as keys
from app.server.run import check
from app.settings import Settings
from tests.app.conftest import end, started


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


def test_a_process_with_keys_asks_for_them_and_tells_no_version(checkpoints, tmp_path):
    file = tmp_path / "keys.jsonl"
    secret = keys.add(file, "ward")
    with started(checkpoints.values(), CARDIODE_HOST="0.0.0.0", CARDIODE_API_KEYS_FILE=str(file)) as (_, (address,)):
        address = address.replace("0.0.0.0", "127.0.0.1")
        live = httpx.get(f"{address}/health/live")
        assert live.status_code == 200 and "server" not in live.headers
        refused = httpx.post(f"{address}/recordings", content=b"x" * 3_000_000)
        assert refused.status_code == 401 and "server" not in refused.headers
        assert httpx.get(f"{address}/models", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
        long = {"Authorization": "Bearer " + "a" * 30_000}
        assert httpx.get(f"{address}/models", headers=long).status_code == 401
        at = f"{address.replace('http', 'ws')}/stream"
        with pytest.raises(InvalidStatus) as denied:
            connect(at).__enter__()
        assert denied.value.response.status_code == 401
        assert denied.value.response.headers["www-authenticate"] == "Bearer"
        with connect(at, subprotocols=["cardiode", f"cardiode.key.{secret}"]) as stream:
            assert stream.subprotocol == "cardiode"
            stream.send(json.dumps({"fs": 250, "leads": ["II"]}))
            assert json.loads(stream.recv())["stream"]["lead"] == "II"


def test_operations_have_a_port_of_their_own_until_all_requests_are_finished(checkpoints, beat, tmp_path):
    file = tmp_path / "keys.jsonl"
    secret = {"Authorization": f"Bearer {keys.add(file, 'ward')}"}
    settings = {"CARDIODE_OPERATIONS_PORT": "0", "CARDIODE_API_KEYS_FILE": str(file)}
    with started(checkpoints.values(), ports=2, **settings) as (process, (operations, main)):
        deadline = time.monotonic() + 60
        while refuses(operations):
            assert time.monotonic() < deadline
        assert httpx.get(f"{main}/metrics", headers=secret).status_code == 404
        assert httpx.get(f"{operations}/models").status_code == 404
        for address in (main, operations):
            assert httpx.get(f"{address}/health/live").status_code == 200
            assert httpx.get(f"{address}/health/ready").json() == {"status": "ready"}
        figures = httpx.get(f"{operations}/metrics")
        assert "cardiode_build_info" in figures.text and "server" not in figures.headers
        answers = []
        body = {"beats": [beat] * 1500, "solver": {"rtol": 1e-4, "atol": 1e-4}}
        request = threading.Thread(
            target=lambda: answers.append(httpx.post(f"{main}/classify", json=body, headers=secret, timeout=120))
        )
        request.start()
        while "in_progress 2.0" not in httpx.get(f"{operations}/metrics").text:
            assert time.monotonic() < deadline and request.is_alive()
        process.send_signal(signal.SIGTERM)
        while not refuses(main):
            assert time.monotonic() < deadline
        assert httpx.get(f"{operations}/health/live").status_code == 200
        assert httpx.get(f"{operations}/health/ready").status_code == 503
        request.join()
        assert answers[0].status_code == 200
        assert process.wait(timeout=60) in (0, -signal.SIGTERM)
        assert refuses(operations)


def stalled(address, beat):
    """A connection whose request is taken, and whose body does not come."""
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    connection.sendall(
        b"POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + str(beat).encode()
    )
    deadline = time.monotonic() + 60
    while "in_progress 2.0" not in httpx.get(f"{address}/metrics").text:  # that request, and this one
        assert time.monotonic() < deadline
    return connection


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_though_a_client_is_stuck(ending, beat, how):
    process, address = ending
    with stalled(address, beat) as connection:
        process.send_signal(how)
        deadline = time.monotonic() + 60
        while not refuses(address):  # it has begun to end
            assert time.monotonic() < deadline
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


def test_it_ends_in_time_though_a_solve_goes_on(checkpoints, beat):
    long = {"beats": [beat] * 64, "solver": {"method": "rk4", "step": 1e-3, "max_evaluations": 10_000}}
    with started(checkpoints.values(), CARDIODE_SHUTDOWN_SECONDS="0") as (process, (address,)):
        with ThreadPoolExecutor() as other:
            asked = other.submit(httpx.post, f"{address}/classify", json=long, timeout=60)
            deadline = time.monotonic() + 60
            while "in_progress 2.0" not in httpx.get(f"{address}/metrics").text:
                assert time.monotonic() < deadline and not asked.done()
            process.send_signal(signal.SIGTERM)
            assert asked.result().status_code == 503
        assert process.wait(timeout=60) == 1


def refuses(address):
    host, port = address.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except ConnectionError:
        return True
    return False


@pytest.mark.parametrize("taken", ["CARDIODE_PORT", "CARDIODE_OPERATIONS_PORT"])
def test_a_port_that_is_taken_ends_the_process(checkpoints, taken):
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = {"CARDIODE_PORT": "0", "CARDIODE_OPERATIONS_PORT": "0", taken: str(other.getsockname()[1])}
        ended = end(CARDIODE_MODELS=str(checkpoints["resnet"]), **ports)
    assert ended.returncode != 0
    assert "ddress already in use" in ended.stderr
    assert "Traceback" not in ended.stderr
