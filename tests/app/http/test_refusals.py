import pytest
from starlette.testclient import TestClient

from app import service
from app.http.paths import INFERENCE, rules_of
from app.keys import file as keys
from app.settings import Settings


@pytest.fixture
def document(served, tmp_path):
    file = tmp_path / "keys.jsonl"
    keys.add(file, "ward")
    with TestClient(service.create(served, Settings(api_keys_file=str(file)))) as client:
        return client.get("/openapi.json").json()


def operations(document):
    return [(path, described) for path, methods in document["paths"].items() for described in methods.values()]


def test_every_refusal_is_described_in_the_shape_that_errors_have(document):
    for path, described in operations(document):
        kind = "application/json" if path.startswith(INFERENCE) else "application/problem+json"
        for status, told in described["responses"].items():
            if status >= "400":
                assert list(told["content"]) == [kind], (path, status)


def test_routes_that_need_a_key_say_so_and_no_others(document):
    closed = {path for path, described in operations(document) if "401" in described["responses"]}
    assert closed == {path for path, described in operations(document) if "security" in described}
    without = {path for path in document["paths"] if not rules_of(path).needs_key}
    assert {path for path, _ in operations(document)} - closed == without | {"/demo"}


def test_who_may_come_again_is_told_when(document):
    for _, described in operations(document):
        for status in ("429", "503"):
            if status in described["responses"]:
                assert described["responses"][status]["headers"]["Retry-After"]["required"]
