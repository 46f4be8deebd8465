import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.services import framework
from benchmarks.services.framework import FRAMEWORKS, REQUIREMENTS, Framework, members, packages, served_by
from benchmarks.services.setup import Setup, free_port

SERVES = """
import http.server, subprocess, sys
from benchmarks.services.setup import Setup
setup = Setup.from_environment()
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=0)
server = http.server.HTTPServer(("127.0.0.1", setup.port), http.server.SimpleHTTPRequestHandler)
setup.note_loaded()
server.serve_forever()
"""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Where tests run in the background, SIGINT is ignored, and what is left has to be ended."""
    monkeypatch.setattr(framework, "STOP_SECONDS", 1)


@pytest.fixture
def setup(tmp_path):
    return Setup("odenet", free_port(), 1, batch_beats=128, batch_wait=0.003, request_beats=1, folder=str(tmp_path))


def test_every_framework_is_pinned():
    assert packages(REQUIREMENTS.read_text()) == ["bentoml", "litserve", "ray"]
    assert len(FRAMEWORKS) == 3


def test_a_python_without_the_frameworks_ends_the_benchmark():
    with pytest.raises(SystemExit, match="expected a Python that has bentoml, litserve, ray"):
        framework.versions(Path(sys.executable))


def test_a_service_listens_while_it_is_asked_and_leaves_no_process_behind(setup):
    with served_by(Framework("one", ("-c", SERVES)), setup, Path(sys.executable)) as address:
        assert framework.listens(setup.port) and address.endswith(str(setup.port))
    assert not framework.listens(setup.port)


def test_all_processes_of_a_session_are_found_however_they_are_grouped():
    nap = "import subprocess, sys; subprocess.Popen(['sleep', '600'], process_group=0); print(flush=True); input()"
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", nap], start_new_session=True, **pipes) as process:
        process.stdout.readline()
        assert len(members(process.pid)) == 2
        framework.stop(process)
        assert members(process.pid) == []


def test_a_service_that_ends_at_once_ends_the_benchmark_and_tells_why(setup):
    broken = Framework("broken", ("-c", "import sys; sys.exit('no such thing')"))
    with (
        pytest.raises(SystemExit, match="broken did not start:\nno such thing"),
        served_by(broken, setup, Path(sys.executable)),
    ):
        pass


def test_a_service_is_not_asked_before_all_its_workers_are_there(setup, monkeypatch):
    monkeypatch.setattr(framework, "START_SECONDS", 2)
    slow, two = Framework("slow", ("-c", SERVES)), replace(setup, workers=2)
    with pytest.raises(SystemExit, match="slow did not start"), served_by(slow, two, Path(sys.executable)):
        pass
