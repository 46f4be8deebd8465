import json

import pytest
from starlette.testclient import TestClient

from app import service
from app.registry.models import ServedModels
from app.settings import Settings
from tests.interface import FILE, interface

FROZEN = json.loads(FILE.read_text())


@pytest.fixture(scope="module")
def found():
    return json.loads(json.dumps(interface()))


@pytest.mark.parametrize("part", FROZEN)
def test_what_users_rely_on_is_as_it_was(part, found):
    """Where a change of it is meant, `python -m tests.interface` writes the list anew, and the changelog says so."""
    assert found[part] == FROZEN[part]


def test_all_that_users_rely_on_is_listed(found):
    assert found.keys() == FROZEN.keys()


@pytest.mark.parametrize("route", [route for route in FROZEN["undescribed routes"] if route.startswith("GET")])
def test_routes_that_the_description_leaves_out_are_there(route):
    path = route.removeprefix("GET ")
    with TestClient(service.create(ServedModels.load(["resnet"]), Settings(workers=1))) as client:
        assert client.get(path if path != "/page/" else "/page/main.js").status_code == 200
