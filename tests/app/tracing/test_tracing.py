"""Whether requests are traced, and that nothing hangs on it."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx2 as httpx
import pytest

from app.errors import TracesUnavailable
from app.tracing import traces
from app.tracing.tracing import Untraced, from_environment
from tests.app.collector import collecting
from tests.app.conftest import command, logged, started
from tests.app.tracing.test_traces import traced

ENDPOINT, TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"

NEVER = "600000"
"""Milliseconds after which spans are sent by themselves."""


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {ENDPOINT: "", TRACES_ENDPOINT: ""},
        {ENDPOINT: "http://collector:4318", "OTEL_SDK_DISABLED": "TRUE"},
        {ENDPOINT: "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_nothing_is_traced_unless_the_environment_asks_for_it(monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert isinstance(from_environment(), Untraced)


PROGRAM = """
import json, sys
from starlette.testclient import TestClient
from app import service
from app.tracing import tracing
from app.registry.models import ServedModels
from app.settings import Settings

with TestClient(service.create(ServedModels.load(sys.argv[1:]), Settings(), tracing=tracing.from_environment())) as it:
    assert it.post("/classify", json=json.load(open("docs/beat.json"))).status_code == 200
print(*sorted(sys.modules))
"""


def test_what_makes_spans_and_sends_them_is_imported_only_where_they_are_asked_for(checkpoints, monkeypatch):
    own = {
        "app.tracing.traces",
        "app.tracing.spans",
        "app.tracing.batch_spans",
        "opentelemetry.sdk",
        "opentelemetry.exporter",
    }
    arguments = [sys.executable, "-c", PROGRAM, str(checkpoints["odenet"])]
    ran = subprocess.run(**command() | {"args": arguments}, capture_output=True, check=True)
    assert "app.tracing.tracing" in ran.stdout.split()
    assert not own & set(ran.stdout.split())
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:4318")
    from_environment().close()
    assert own <= set(sys.modules)


def test_without_the_extra_the_process_says_what_to_install_and_ends(checkpoints):
    blocked = (
        "import sys; sys.modules['opentelemetry.exporter'] = None; from app.__main__ import main; sys.exit(main([]))"
    )
    environment = {"CARDIODE_MODELS": str(checkpoints["resnet"]), ENDPOINT: "http://127.0.0.1:4318"}
    arguments = [sys.executable, "-c", blocked]
    ended = subprocess.run(**command(**environment) | {"args": arguments}, capture_output=True, timeout=120)
    assert ended.returncode == 1
    told = rf"TracesUnavailable: {ENDPOINT} .* opentelemetry\.exporter.* not installed: .*'cardiode\[traces\]'.*\n"
    assert re.fullmatch(told, ended.stderr)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({ENDPOINT: "collector:4318"}, f"{ENDPOINT}: got 'collector:4318', expected a URL"),
        ({ENDPOINT: "http://["}, rf"{ENDPOINT}: got 'http://\[', expected a URL"),
        ({ENDPOINT: "http://a", TRACES_ENDPOINT: "http://"}, f"{TRACES_ENDPOINT}: got 'http://', expected a URL"),
        ({ENDPOINT: "http://a", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "got 'grpc', expected http/protobuf"),
        ({ENDPOINT: "http://a", "OTEL_BSP_MAX_QUEUE_SIZE": "1"}, "OpenTelemetry refuses one of the variables OTEL_"),
    ],
)
def test_what_cannot_be_meant_is_refused(monkeypatch, environment, told):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TracesUnavailable, match=told):
        from_environment()


def test_what_has_not_been_sent_is_sent_at_the_end(checkpoints, beat):
    with collecting() as collector:
        settings = {TRACES_ENDPOINT: f"{collector.address}/v1/traces", "OTEL_BSP_SCHEDULE_DELAY": NEVER}
        with started(checkpoints.values(), **settings) as (process, (address,)):
            assert httpx.post(f"{address}/classify", json={"beats": [beat]}).status_code == 200
            assert not collector.spans
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) in (0, -signal.SIGTERM)
        assert collector.one("POST /classify").attributes["http.route"] == "/classify"
        assert collector.one("solve").trace == collector.one("POST /classify").trace


def test_nobody_waits_for_a_collector_that_is_away(checkpoints, beat):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = f"http://127.0.0.1:{gone.getsockname()[1]}"
    settings = {ENDPOINT: nobody, "OTEL_BSP_SCHEDULE_DELAY": "10"}
    with started(checkpoints.values(), **settings) as (process, (address,)):
        for _ in range(5):
            assert httpx.post(f"{address}/classify", json={"beats": [beat]}).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) in (0, -signal.SIGTERM)


def test_nobody_waits_for_a_collector_that_does_not_answer(served, collector, beat, monkeypatch, caplog):
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    monkeypatch.setattr(traces, "CLOSING_SECONDS", 0.1)
    collector.answers.clear()
    with traced(served) as client:
        for _ in range(2):
            assert client.post("/classify", json={"beats": [beat]}).status_code == 200
            assert collector.asked.wait(60)
    assert not collector.bodies
    assert "the last spans were not sent within 0.1 s, and are lost" in caplog.messages
    collector.answers.set()
    for thread in threading.enumerate():
        if thread.name == "traces-closing":
            thread.join(60)


def test_what_is_wrong_with_a_collector_is_told_once(served, collector, beat, monkeypatch, capsys):
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
    collector.status = 403
    with logged(capsys) as lines, traced(served) as client:
        deadline = time.monotonic() + 60
        while len(collector.bodies) < 5:
            assert client.post("/classify", json={"beats": [beat]}).status_code == 200
            assert time.monotonic() < deadline
    (told,) = [line["message"] for line in lines if line["logger"].startswith("opentelemetry")]
    assert "403" in told
