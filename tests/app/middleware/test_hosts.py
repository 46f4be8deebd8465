import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from app import service
from app.http.loopback import names_loopback
from app.settings import Settings
from tests.app.conftest import started
from tests.app.metrics.test_metrics import parsed, total
from tests.app.routes.test_classify import assert_problem

LOCAL = ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]", "[::1]:8000"]
OTHERS = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "[::1",
    "",
    "10.0.0.1",
]


@pytest.mark.parametrize("host", LOCAL)
def test_names_of_this_machine(host):
    assert names_loopback(host)


@pytest.mark.parametrize("host", OTHERS)
def test_other_names(host):
    assert not names_loopback(host)


def test_a_service_at_loopback_is_asked_by_a_name_of_loopback_alone(serving):
    for path in ("/metrics", "/models", "/health/live", "/"):
        for host in LOCAL:
            assert httpx.get(f"{serving}{path}", headers={"Host": host}).status_code == 200
        for host in OTHERS:
            refused = httpx.get(f"{serving}{path}", headers={"Host": host})
            assert refused.status_code == 403 and "model" not in refused.text
    figures = parsed(httpx.get(f"{serving}/metrics").text)
    assert total(figures, "cardiode_errors_total", kind="foreign_origin") >= len(OTHERS)


def test_so_is_its_port_for_operations(checkpoints):
    with started(checkpoints.values(), ports=2, CARDIODE_OPERATIONS_PORT="0") as (_, addresses):
        for address in addresses:
            refused = httpx.get(f"{address}/metrics", headers={"Host": "evil.example"})
            assert_problem(refused, 403, "Host of this machine")


@pytest.mark.parametrize("settings", [{"anonymous": True}, {"api_keys_file": "keys"}])
def test_where_others_may_reach_it_or_keys_are_asked_for_any_name_will_do(served, tmp_path, settings):
    (tmp_path / "keys").touch()
    settings = {name: str(tmp_path / value) if value == "keys" else value for name, value in settings.items()}
    with TestClient(service.create(served, Settings(**settings)), base_url="http://127.0.0.1") as client:
        assert client.get("/health/live", headers={"Host": "ecg.example"}).status_code == 200
