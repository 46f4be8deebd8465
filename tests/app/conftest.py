"""A service with fresh weights, and a client for it."""

import pytest
from starlette.testclient import TestClient

from app import service
from app.served import ServedModels
from app.settings import Settings


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
