import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


def test_compose_accepts_the_file():
    if not shutil.which("docker-compose"):
        pytest.skip("no docker-compose: install Debian's docker-compose, or podman-compose under that name")
    checked = subprocess.run(["docker-compose", "config", "-q"], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_prometheus_scrapes_the_service_where_it_listens():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text())["scrape_configs"][0]
    (target,) = scraped["static_configs"][0]["targets"]
    name, port = target.split(":")
    assert services[name]["ports"] == [f"{port}:8000"]
    assert f"CARDIODE_PORT={port}" in (ROOT / "Dockerfile").read_text()
