"""A service with fresh weights, and a client for it."""

import pytest
from starlette.testclient import TestClient

from app import service
from app.settings import Settings
from app.zoo import Zoo


@pytest.fixture(scope="session")
def zoo(checkpoints):
    return Zoo.load([str(checkpoints["odenet"]), str(checkpoints["resnet"])])


@pytest.fixture
def client(zoo):
    settings = Settings(max_body_bytes=20_000_000)
    with TestClient(service.create(zoo, settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def beat(beats):
    return beats[0].tolist()
