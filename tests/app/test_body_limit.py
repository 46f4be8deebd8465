import pytest
from starlette.testclient import TestClient

from app import service
from app.settings import Settings
from tests.app.test_classify import assert_problem


@pytest.fixture
def small(served):
    with TestClient(service.create(served, Settings(max_body_bytes=1000))) as client:
        yield client


def test_a_body_over_the_limit_is_refused_with_the_limit(small):
    assert_problem(small.post("/classify", content=b"x" * 1001), 413, "1,000 bytes")


def test_a_body_that_does_not_tell_its_length_is_refused_as_it_passes_the_limit(small):
    def chunks():
        for _ in range(100):
            yield b" " * 100

    assert_problem(small.post("/classify", content=chunks()), 413, "1,000 bytes")


@pytest.mark.parametrize("length", ["9" * 400, "-1", "many"])
def test_a_length_that_is_no_length_is_refused(small, length):
    response = small.post("/classify", content=b"{}", headers={"content-length": length})
    assert_problem(response, 413, "1,000 bytes")


def test_a_service_goes_on_after_a_refusal(small):
    small.post("/classify", content=b"x" * 1001)
    assert small.get("/health/ready").status_code == 200
