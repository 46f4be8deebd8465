import http.server
import json
import shutil
import threading

import numpy as np
import pytest

from benchmarks.load import JSON, RAW, Body, Load, Pace, ask, load_of, middle, synthetic_beats, written

needs_wrk = pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed")


@pytest.fixture
def body(tmp_path):
    return written(synthetic_beats()[:3], JSON, tmp_path)


def told(**changed):
    """What wrk says in the end."""
    seen = {"requests": 100, "seconds": 2.0, "p99": 0.01, "late": 0, "refused": 0, "broken": 0}
    return f"Running 2s test\n{json.dumps(seen | changed)}\n"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Clients leave without a word when their time is over."""


class Service:
    """One that answers everything with one status, and keeps what it was asked."""

    def __init__(self, status=200):
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                content = self.rfile.read(int(self.headers["Content-Length"]))
                asked.append((self.path, self.headers["Content-Type"], content))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def test_a_body_holds_the_beats_as_float32(tmp_path):
    beats = synthetic_beats()[:3]
    body = written(beats, RAW, tmp_path)
    assert body.beats == 3
    np.testing.assert_array_equal(np.frombuffer(body.file.read_bytes(), "<f4").reshape(3, 187), beats)


def test_a_body_holds_the_beats_as_json(tmp_path):
    beats = synthetic_beats()[:3]
    body = written(beats, JSON, tmp_path)
    np.testing.assert_allclose(json.loads(body.file.read_text())["beats"], beats, atol=5e-5)


def test_a_load_counts_the_beats_of_its_requests(body):
    assert load_of(told(), body, cores=0.1) == Load(requests=50, beats=150, p99=0.01, cores=0.1)


@pytest.mark.parametrize("wrong", [{"refused": 1}, {"broken": 1}, {"requests": 0}])
def test_a_request_without_a_good_answer_ends_the_benchmark(wrong, body):
    with pytest.raises(SystemExit, match="expected answers"):
        load_of(told(**wrong), body, cores=0.1)


def test_moments_at_which_no_client_was_free_end_the_benchmark(body):
    load_of(told(late=1), body, cores=0.1)
    with pytest.raises(SystemExit, match="could not be held"):
        load_of(told(late=2), body, cores=0.1)


def test_the_middle_run_counts():
    assert middle([Load(rate, 0, 0, 0) for rate in (5.0, 1.0, 3.0)]).requests == 3


@needs_wrk
@pytest.mark.parametrize("pace", [None, Pace(50, "even"), Pace(50, "random")])
@pytest.mark.parametrize("kind", [RAW, JSON])
def test_each_request_is_the_body(kind, pace, tmp_path):
    body = written(synthetic_beats()[:3], kind, tmp_path)
    with Service() as service:
        load = ask(service.address, body, clients=4, seconds=1, pace=pace)
    assert set(service.asked) == {("/classify", kind, body.file.read_bytes())}
    assert load.beats == pytest.approx(3 * load.requests)


@needs_wrk
@pytest.mark.parametrize("moments", ["even", "random"])
def test_no_more_is_asked_than_the_pace_says(moments, body):
    """Were it ignored, it would be thousands."""
    with Service() as service:
        ask(service.address, body, clients=64, seconds=1, pace=Pace(20, moments))
    assert 0 < len(service.asked) < 60


@needs_wrk
def test_a_service_that_refuses_ends_the_benchmark(tmp_path):
    body = Body(tmp_path / "empty", RAW, 1)
    body.file.touch()
    with Service(status=503) as service, pytest.raises(SystemExit, match="expected answers"):
        ask(service.address, body, clients=1, seconds=1)
