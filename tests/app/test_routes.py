from ecg import LABELS
from ode import methods


def test_the_models_are_listed_with_their_solver_and_the_default(client, served):
    odenet, resnet = client.get("/models").json()["models"]
    assert (odenet["name"], odenet["default"], odenet["architecture"]) == ("odenet", True, "odenet")
    assert odenet["solver"] == {
        "method": "dopri5",
        "rtol": 1e-3,
        "atol": 1e-3,
        "max_evaluations": 2000,
        "first_step": None,
        "step": None,
    }
    assert [method["name"] for method in odenet["methods"]] == [method.name for method in methods()]
    assert {"name": "rk4", "kind": "fixed", "order": 4, "stages": 4} in odenet["methods"]
    assert odenet["classes"] == list(LABELS)
    assert (resnet["name"], resnet["solver"], resnet["methods"]) == ("resnet", None, [])


def test_health_is_told(client):
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready"}


def references(node):
    """Every $ref of a document."""
    if isinstance(node, dict):
        yield from [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_the_document_is_there_and_every_reference_in_it_leads_somewhere(client):
    assert client.get("/docs").status_code == 200
    document = client.get("/openapi.json").json()
    found = set(references(document))
    assert found
    for reference in found:
        node = document
        for name in reference.removeprefix("#/").split("/"):
            node = node[name]
