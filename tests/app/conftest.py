"""A service with fresh weights, and a client for it."""

import contextlib
import json
import logging
import os
import re
import subprocess
import sys
import threading

import pytest
from starlette.testclient import TestClient

from app import logs, service
from app.__main__ import main
from app.logs import configure
from app.registry.models import ServedModels
from app.settings import Settings
from tests.app.collector import collecting


@pytest.fixture(scope="session")
def served(checkpoints):
    return ServedModels.load([str(checkpoints["odenet"]), str(checkpoints["resnet"])])


@pytest.fixture
def client(served):
    settings = Settings(max_body_bytes=20_000_000)
    with TestClient(service.create(served, settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def beat(beats):
    return beats[0].tolist()


@pytest.fixture
def collector(monkeypatch):
    """A collector, which the environment names."""
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        yield collector


@contextlib.contextmanager
def logged(capsys):
    """The lines of the log, once this is over, as the process writes it."""
    handlers, level = logging.root.handlers[:], logging.root.level
    lines = []
    try:
        configure("INFO")
        yield lines
        lines += [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        logging.basicConfig(handlers=handlers, level=level, force=True)


def command(**settings):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CARDIODE_")}
    return {"args": [sys.executable, "-m", "app"], "env": environment | settings, "text": True}


def end(**settings):
    """A process with such settings, once it has ended by itself."""
    return subprocess.run(**command(**settings), capture_output=True, timeout=120)


@pytest.fixture
def told(monkeypatch, capsys):
    """What is told, on standard error alone, where the service does not start with such settings."""

    def tell(**settings):
        for name in [name for name in os.environ if name.startswith("CARDIODE_")]:
            monkeypatch.delenv(name)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(logs, "configure", lambda _: pytest.fail(f"it starts with {settings}"))
        assert main([]) == 1
        printed = capsys.readouterr()
        assert not printed.out
        return printed.err

    return tell


@pytest.fixture(scope="session")
def serving(checkpoints):
    """The address of a process that serves both models, and goes on to: it takes seconds to begin."""
    with started(checkpoints.values()) as (_, (address,)):
        yield address


@pytest.fixture
def ending(checkpoints):
    """A process that serves both models and that a test may end, and its address."""
    with started(checkpoints.values()) as (process, (address,)):
        yield process, address


@contextlib.contextmanager
def started(checkpoints, ports=1, **settings):
    """A process that serves these files on so many free ports, and its addresses, in the order of their beginning."""
    names = ",".join(map(str, checkpoints))
    process = subprocess.Popen(**command(CARDIODE_MODELS=names, CARDIODE_PORT="0", **settings), stderr=subprocess.PIPE)
    reader = threading.Thread(target=process.stderr.read, daemon=True)
    addresses = []
    try:
        for line in process.stderr:
            addresses += re.findall(r"running on (http://[0-9.:]+)", line)
            if len(addresses) == ports:
                reader.start()  # else a full pipe would stop the process
                yield process, addresses
                break
        else:
            pytest.fail("the service did not start")
    finally:
        process.kill()
        process.wait()
        if reader.ident:
            reader.join()
        process.stderr.close()
