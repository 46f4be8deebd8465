import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


@pytest.fixture
def services():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_compose_accepts_the_file():
    if not shutil.which("docker-compose"):
        pytest.skip("no docker-compose: install Debian's docker-compose, or podman-compose under that name")
    checked = subprocess.run(["docker-compose", "config", "-q"], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_prometheus_scrapes_the_service_where_it_listens(services):
    scraped = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"][0]
    (target,) = scraped["static_configs"][0]["targets"]
    name, port = target.split(":")
    assert f"CARDIODE_PORT={port}" in (ROOT / "Dockerfile").read_text()
    assert services[name]["ports"] == [f"127.0.0.1:{port}:8000"]


def test_nothing_is_published_beyond_this_machine():
    for file in (ROOT / "docker-compose.yml", *DEPLOY.glob("*.compose.yml")):
        for service in yaml.safe_load(file.read_text())["services"].values():
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


def mounted(service):
    """The files and folders of the repository that a service sees, by where."""
    mounts = (volume.split(":") for volume in service["volumes"] if volume.startswith("./"))
    found = {inside: ROOT / outside for outside, inside, mode in mounts if mode == "ro"}
    assert len(found) == sum(volume.startswith("./") for volume in service["volumes"]), "all of them read-only"
    assert all(path.exists() for path in found.values())
    return found


def test_prometheus_sees_its_rules_where_it_looks_for_them(services):
    files = mounted(services["prometheus"])
    (rules,) = yaml.safe_load(files["/etc/prometheus/prometheus.yml"].read_text())["rule_files"]
    assert files[f"/etc/prometheus/{rules}"] == DEPLOY / "rules.yml"


def test_grafana_finds_prometheus_and_the_dashboard_that_it_begins_with(services):
    ((inside, outside),) = mounted(services["grafana"]).items()
    (source,) = yaml.safe_load((outside / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090" and services["prometheus"]["ports"] == ["127.0.0.1:9090:9090"]
    (provider,) = yaml.safe_load((outside / "dashboards" / "provider.yml").read_text())["providers"]
    assert provider["options"]["path"] == f"{inside}/dashboards"
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (outside / home.removeprefix(f"{inside}/")).exists()


def test_grafana_knows_how_often_prometheus_scrapes():
    scraping = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["global"]["scrape_interval"]
    (source,) = yaml.safe_load((DEPLOY / "grafana" / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["jsonData"]["timeInterval"] == scraping


def test_grafana_is_to_be_looked_at_and_only_from_here(services):
    environment = services["grafana"]["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "true"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    for name in ("prometheus", "grafana"):
        assert all(port.startswith("127.0.0.1:") for port in services[name]["ports"])


def test_with_traces_the_service_is_told_where_jaeger_is():
    with_traces = yaml.safe_load((DEPLOY / "traces.compose.yml").read_text())["services"]
    assert with_traces["cardiode"]["environment"] == {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://jaeger:4318"}
    assert "jaeger" in with_traces
    locked = (ROOT / "deploy" / "image" / "service.lock").read_text()
    assert "opentelemetry-sdk==" in locked and "pydicom==" in locked


def test_images_are_pinned(services):
    with_traces = yaml.safe_load((DEPLOY / "traces.compose.yml").read_text())["services"]
    images = [service["image"] for service in (services | with_traces).values() if "image" in service]
    assert images and all(re.fullmatch(r"[\w./]+:v?\d+\.\d+\.\d+", image) for image in images)


def test_no_service_may_more_than_it_needs(services):
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name


def test_the_service_writes_nothing_but_temporary_files(services):
    assert services["cardiode"]["read_only"] is True
    assert [mount.partition(":")[0] for mount in services["cardiode"]["tmpfs"]] == ["/tmp"]
