"""The configuration of nginx: nginx takes it, a service behind it answers, and its bounds are those of the service."""

import re
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import httpx2 as httpx
import pytest
from websockets.sync.client import connect

from app.settings import Settings
from tests.app.conftest import beat as beat
from tests.app.conftest import serving as serving

FILE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
TEXT = FILE.read_text()

AROUND = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; access_log off;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/cardiode.conf;
}}
"""


def installed(name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if not found:
        pytest.skip(f"no {name}: Debian's package nginx-light and openssl bring them")
    return found


@pytest.fixture
def behind(serving, tmp_path):
    """The address of nginx in front of a service."""
    nginx, openssl = installed("nginx"), installed("openssl")
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ecg.example", "-days", "1"]
    files = ["-keyout", tmp_path / "cardiode.key", "-out", tmp_path / "cardiode.crt"]
    subprocess.run([*made, *files], check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = TEXT.replace("/etc/nginx", str(tmp_path)).replace("/var/log/nginx", str(tmp_path))
    text = text.replace("127.0.0.1:8000", serving.removeprefix("http://")).replace("listen 443", f"listen {port}")
    (tmp_path / "cardiode.conf").write_text(text)
    (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path))
    command = [nginx, "-c", tmp_path / "nginx.conf"]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    with subprocess.Popen(command) as process:
        try:
            wait_for(port)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(port):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with socket.socket() as trial:
            if not trial.connect_ex(("127.0.0.1", port)):
                return
    pytest.fail("nginx did not begin")


def test_a_service_is_reached_through_it(behind, beat, tmp_path):
    with httpx.Client(base_url=f"https://{behind}", verify=False) as client:
        assert client.get("/health/ready").status_code == 200
        assert client.post("/classify?secret=1", json={"beats": [beat]}).status_code in (200, 422)
        assert client.post("/classify", json={"beats": [beat]}).status_code == 200
        assert client.post("/recordings", json={"signals": {"II": [0.0] * 1000}, "fs": 250}).status_code == 200
        assert client.get("/metrics").status_code == 403
    assert "secret" not in (tmp_path / "cardiode.log").read_text()


def test_so_is_a_live_stream(behind):
    trusting = ssl._create_unverified_context()
    with connect(f"wss://{behind}/stream", ssl=trusting) as stream:
        stream.send('{"fs": 250, "leads": ["II"], "model": "resnet"}')
        assert '"stream"' in stream.recv()


@pytest.mark.parametrize(
    ("bound", "least"),
    [
        (r"client_max_body_size (\d+)m; # CARDIODE_MAX_BODY_BYTES", Settings().max_body_bytes / 1e6),
        (r"client_max_body_size (\d+)m; # CARDIODE_MAX_RECORDING_BYTES", Settings().max_recording_bytes / 1e6),
        (r"proxy_read_timeout (\d+)s; # CARDIODE_DEADLINE", Settings().deadline),
        (r"proxy_read_timeout (\d+)s; # CARDIODE_RECORDING_SECONDS", Settings().recording_seconds),
        (r"proxy_read_timeout (\d+)s; # CARDIODE_STREAM_SECONDS", Settings().stream_seconds),
    ],
)
def test_its_bounds_are_not_under_those_of_the_service(bound, least):
    assert float(re.search(bound, TEXT)[1]) >= least
