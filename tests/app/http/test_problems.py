import pytest
from starlette.testclient import TestClient

from app import service
from app.settings import Settings
from tests.app.routes.test_classify import assert_problem


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/classify", 405)])
def test_routes_that_do_not_exist_answer_in_the_same_shape(client, method, path, status):
    assert_problem(client.request(method, path), status)


def test_a_route_that_does_not_exist_points_to_those_that_do(client):
    assert_problem(client.get("/nothing"), 404, "/docs")


def test_an_error_of_our_own_answers_in_the_same_shape_and_tells_nothing_of_the_inside(served):
    app = service.create(served, Settings())

    @app.get("/broken")
    def broken():
        raise RuntimeError("secret")

    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.get("/broken")
        assert_problem(response, 500)
        assert "secret" not in response.text
        assert response.headers["x-request-id"]
        assert 'cardiode_errors_total{kind="internal"} 1.0' in client.get("/metrics").text
