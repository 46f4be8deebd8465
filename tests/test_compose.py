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
    assert f"CARDIODE_PORT={port}" in (ROOT / "Dockerfile").read_text()
    assert services[name]["ports"] == [f"127.0.0.1:{port}:8000"]


def test_nothing_is_published_beyond_this_machine():
    for file in ("docker-compose.yml", "deploy/keys.compose.yml"):
        for service in yaml.safe_load((ROOT / file).read_text())["services"].values():
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_with_keys_prometheus_scrapes_the_port_that_asks_for_none():
    with_keys = yaml.safe_load((ROOT / "deploy" / "keys.compose.yml").read_text())["services"]
    mounted, _, _ = with_keys["prometheus"]["volumes"][0].partition(":")
    scraped = yaml.safe_load((ROOT / mounted).read_text())["scrape_configs"][0]
    (target,) = scraped["static_configs"][0]["targets"]
    environment = with_keys["cardiode"]["environment"]
    assert target == f"cardiode:{environment['CARDIODE_OPERATIONS_PORT']}"
    folder = with_keys["cardiode"]["volumes"][0].partition(":")[2]
    assert environment["CARDIODE_API_KEYS_FILE"].startswith(f"{folder}/")
    assert f"--owner=cardiode --mode=0700 {folder}" in (ROOT / "Dockerfile").read_text()
