from ecg import LABELS
from ode import METHODS


def test_the_models_are_listed_with_their_solver_and_the_default(client, served):
    odenet, resnet = client.get("/models").json()["models"]
    assert (odenet["name"], odenet["default"], odenet["architecture"]) == ("odenet", True, "odenet")
    assert odenet["solver"] == {"method": "dopri5", "rtol": 1e-3, "atol": 1e-3, "max_evaluations": 2000}
    assert odenet["methods"] == list(METHODS)
    assert odenet["classes"] == list(LABELS)
    assert (resnet["name"], resnet["solver"], resnet["methods"]) == ("resnet", None, [])


def test_health_is_told(client):
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready"}


def test_a_service_that_has_not_started_or_is_ending_is_not_ready(client):
    client.app.state.ready = False
    assert client.get("/health/ready").status_code == 503


def test_the_document_is_there(client):
    assert client.get("/docs").status_code == 200
