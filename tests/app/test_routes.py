import re

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


def test_the_formats_of_recordings_are_listed(client):
    listed = {one["name"]: one for one in client.get("/formats").json()["formats"]}
    assert listed["EDF"] == {"name": "EDF", "extensions": [".edf", ".rec"], "extra": None}
    assert listed["DICOM"]["extra"] == "dicom" and listed["WFDB"]["extensions"] == [".hea"]


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


def test_the_description_and_all_that_it_is_made_of_are_there_and_ask_no_other_host(client):
    page = client.get("/docs").text
    assert not re.findall(r"https?://", page)
    made_of = re.findall(r"""(?:src|href)="([^"]+)"|url: '([^']+)'""", page)
    paths = {path for pair in made_of for path in pair if path}
    assert {path.rsplit("/", 1)[1] for path in paths} >= {"swagger-ui-bundle.js", "swagger-ui.css", "openapi.json"}
    for path in paths:
        assert client.get(path).status_code == 200


def test_the_page_and_all_that_it_is_made_of_are_there_and_ask_no_other_host(client):
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    asked = {"page/main.js", "page/style.css", "page/icon.svg"}
    assert asked <= set(re.findall(r'(?:src|href)="([^"]+)"', page.text))
    while asked:
        response = client.get(f"/{asked.pop()}")
        assert response.status_code == 200
        assert "default-src 'self'" in response.headers["content-security-policy"]
        asked |= {f"page/{name}" for name in re.findall(r'from "\./(\w+\.js)"', response.text)}
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", response.text)


def test_the_demo_is_a_recording(client):
    demo = client.get("/demo")
    answer = client.post("/recordings", files=[("files", ("demo.csv", demo.content))]).json()
    assert answer["recording"]["reason"] is None and answer["recording"]["seconds"] == 300
    assert len(answer["beats"]) > 300
    assert {"good", "gap"} <= {beat["quality"] for beat in answer["beats"]}
