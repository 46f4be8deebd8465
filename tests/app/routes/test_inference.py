import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx
import numpy as np
import pytest
import tritonclient.http as triton
from starlette.testclient import TestClient
from tritonclient.utils import InferenceServerException

from app import service
from app.settings import Settings
from ecg import LABELS
from tests.app.conftest import started
from tests.app.metrics.test_metrics import samples, total

JSON = {"content-type": "application/json"}
AT_ONCE = 8
"""Requests in flight; the protocol's client keeps a connection for each until its answer is read."""


@pytest.fixture(scope="module")
def address(checkpoints, rhythm_checkpoint):
    """Where a process serves two models of beats and one of whole recordings."""
    with started([*checkpoints.values(), rhythm_checkpoint]) as (_, (address,)):
        yield address


@pytest.fixture(scope="module")
def client_of_triton(address):
    client = triton.InferenceServerClient(address.removeprefix("http://"), concurrency=AT_ONCE)
    yield client
    client.close()


def tensor(beats, datatype="FP32", name="beats", binary=True):
    return triton.InferInput(name, list(beats.shape), datatype).set_data_from_numpy(beats, binary_data=binary)


def wanted(*names, binary=True):
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in names]


def test_the_server_tells_what_it_is(client_of_triton):
    told = client_of_triton.get_server_metadata()
    assert (told["name"], told["extensions"]) == ("cardiode", ["binary_tensor_data"]) and told["version"]
    assert client_of_triton.is_server_live() and client_of_triton.is_server_ready()


@pytest.mark.parametrize("version", ["", "0"])
def test_a_model_tells_its_tensors(client_of_triton, version):
    told = client_of_triton.get_model_metadata("odenet", version)
    assert told == {
        "name": "odenet",
        "versions": ["0"],
        "platform": "pytorch_safetensors",
        "inputs": [{"name": "beats", "datatype": "FP32", "shape": [-1, 187]}],
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, 5]},
            {"name": "abstained", "datatype": "BOOL", "shape": [-1]},
            {"name": "evaluations", "datatype": "INT32", "shape": [-1]},
            {"name": "error", "datatype": "FP32", "shape": [-1]},
            {"name": "status", "datatype": "BYTES", "shape": [-1]},
        ],
    }
    without_solver = client_of_triton.get_model_metadata("resnet", version)
    assert without_solver == told | {"name": "resnet", "outputs": told["outputs"][:3]}


def test_a_model_is_ready_by_its_name_and_its_version(client_of_triton):
    for name in ("odenet", "resnet", "rhythm_odenet"):
        assert client_of_triton.is_model_ready(name) and client_of_triton.is_model_ready(name, "0")
        assert not client_of_triton.is_model_ready(name, "1")
    assert not client_of_triton.is_model_ready("oracle")


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize("model", ["odenet", "resnet"])
def test_the_same_beats_get_the_same_answer_as_from_classify(client_of_triton, address, beats, model, count):
    sent = beats[:count].astype(np.float32)
    body = {"beats": sent.tolist(), "model": model}
    expected = httpx.post(f"{address}/classify", json=body).json()["beats"]
    names = [output["name"] for output in client_of_triton.get_model_metadata(model)["outputs"]]
    for binary in (True, False):
        for outputs in (None, wanted(*names), wanted(*names, binary=False)):
            result = client_of_triton.infer(model, [tensor(sent, binary=binary)], outputs=outputs)
            assert [output["name"] for output in result.get_response()["outputs"]] == names
            assert_same(result, expected)


def assert_same(result, expected):
    """The tensors say what the JSON of POST /classify does."""
    labels = [label.decode() if isinstance(label, bytes) else label for label in result.as_numpy("label")]
    assert labels == [answer["label"] for answer in expected]
    probabilities = [[answer["probabilities"][label] for label in LABELS] for answer in expected]
    np.testing.assert_array_equal(result.as_numpy("probabilities"), np.array(probabilities, np.float32))
    assert result.as_numpy("abstained").tolist() == [answer["abstained"] for answer in expected]
    receipts = [answer["receipt"] for answer in expected]
    if receipts[0] is None:
        assert result.as_numpy("evaluations") is None
        return
    assert result.as_numpy("evaluations").tolist() == [receipt["evaluations"] for receipt in receipts]
    np.testing.assert_array_equal(result.as_numpy("error"), np.array([r["error"] for r in receipts], np.float32))
    assert {bytes(s) if isinstance(s, bytes) else s.encode() for s in result.as_numpy("status")} == {b"ok"}


@pytest.mark.parametrize("datatype", ["FP16", "FP32", "FP64"])
def test_beats_may_be_of_each_floating_type(client_of_triton, beats, datatype):
    sent = beats[:3].astype({"FP16": np.float16, "FP32": np.float32, "FP64": np.float64}[datatype])
    rounded = client_of_triton.infer("resnet", [tensor(sent.astype(np.float32))])
    for binary in (True, False):
        result = client_of_triton.infer("resnet", [tensor(sent, datatype, binary=binary)])
        np.testing.assert_array_equal(result.as_numpy("probabilities"), rounded.as_numpy("probabilities"))


def test_only_the_outputs_that_are_asked_for_come_each_in_its_form(client_of_triton, beats):
    outputs = wanted("evaluations", binary=False) + wanted("label")
    result = client_of_triton.infer("odenet", [tensor(beats[:2])], outputs=outputs, request_id="42")
    told = result.get_response()
    assert (told["model_name"], told["model_version"], told["id"]) == ("odenet", "0", "42")
    evaluations, label = told["outputs"]
    assert evaluations["name"] == "evaluations" and len(evaluations["data"]) == 2
    assert label["name"] == "label" and label["parameters"]["binary_data_size"] == 10 and "data" not in label


@pytest.mark.parametrize("version", ["", "0"])
def test_the_solver_is_set_by_parameters(client_of_triton, beats, version):
    parameters = {"method": "rk4", "step": 0.5}
    result = client_of_triton.infer("odenet", [tensor(beats[:2])], version, parameters=parameters)
    assert result.as_numpy("evaluations").tolist() == [8, 8]
    assert np.isnan(result.as_numpy("error")).all()


@pytest.mark.parametrize("binary", [True, False])
def test_a_beat_whose_solve_failed_has_no_label_and_no_probabilities(client_of_triton, beats, binary):
    outputs = wanted("label", "probabilities", "status", binary=binary)
    parameters = {"max_evaluations": 1}
    result = client_of_triton.infer("odenet", [tensor(beats[:2])], outputs=outputs, parameters=parameters)
    assert [len(label) for label in result.as_numpy("label")] == [0, 0]
    assert result.as_numpy("probabilities").shape == (2, 5) and np.isnan(result.as_numpy("probabilities")).all()
    assert "evaluations_exhausted" in str(result.as_numpy("status")[0])


@pytest.mark.parametrize("compression", ["gzip", "deflate"])
def test_a_request_may_be_compressed(client_of_triton, beats, compression):
    plain, packed = (
        client_of_triton.infer(
            "odenet",
            [tensor(beats)],
            request_compression_algorithm=each,
            response_compression_algorithm=each,  # which the service need not heed, nor does
        )
        for each in (None, compression)
    )
    np.testing.assert_array_equal(plain.as_numpy("probabilities"), packed.as_numpy("probabilities"))


def test_requests_may_be_in_flight_at_once(client_of_triton, beats):
    together = client_of_triton.infer("resnet", [tensor(beats[:AT_ONCE])]).as_numpy("probabilities")
    asked = [client_of_triton.async_infer("resnet", [tensor(beats[n : n + 1])]) for n in range(AT_ONCE)]
    for expected, request in zip(together, asked, strict=True):
        np.testing.assert_allclose(request.get_result().as_numpy("probabilities")[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"model_name": "oracle"}, 404, ["oracle", "odenet, resnet"]),
        ({"model_version": "7"}, 404, ["'7'", "expected one of: 0"]),
        ({"model_name": "rhythm_odenet"}, 422, ["context of their recording", "/recordings"]),
        ({"beats": np.full((1, 186), 0.5, np.float32)}, 422, ["inputs.0.shape", "[1, 186]", "187"]),
        ({"beats": np.full(187, 0.5, np.float32)}, 422, ["inputs.0.shape", "187"]),
        ({"beats": np.zeros((0, 187), np.float32)}, 422, ["inputs.0.shape", "1 to 4,096"]),
        ({"beats": np.full((1, 187), 1.5, np.float32)}, 422, ["beats.0", "0..1"]),
        ({"beats": np.full((1, 187), 1, np.int32), "datatype": "INT32"}, 422, ["inputs.0.datatype", "'INT32'", "FP32"]),
        ({"name": "heart"}, 422, ["inputs.0.name", "'heart'", "'beats'"]),
        ({"outputs": wanted("label", "rhythm")}, 422, ["outputs.1.name", "'rhythm'", "label, probabilities"]),
        ({"outputs": wanted("error"), "model_name": "resnet"}, 422, ["outputs.0.name", "'error'"]),
        ({"outputs": wanted("label") * 2}, 422, ["outputs.1.name", "second time"]),
        ({"outputs": [triton.InferRequestedOutput("label", class_count=2)]}, 422, ["classification"]),
        ({"parameters": {"rtol": 2.0}}, 422, ["parameters.rtol", "1e-09..1"]),
        ({"parameters": {"method": "magic"}}, 422, ["parameters.method", "dopri5"]),
        ({"parameters": {"method": "rk4", "rtol": 0.1}}, 422, ["solver", "takes the steps it is given"]),
        ({"parameters": {"rtol": 0.1}, "model_name": "resnet"}, 422, ["solver", "solves no equation"]),
        ({"parameters": {"coverage": 0.9}}, 422, ["coverage"]),
        ({"priority": 1}, 422, ["parameters.priority", "not known"]),
        ({"timeout": 1}, 504, ["deadline"]),
        ({"headers": {"Cardiode-Deadline-Ms": "soon"}}, 422, ["Cardiode-Deadline-Ms"]),
    ],
)
def test_what_is_wrong_is_told_in_the_protocols_own_shape(client_of_triton, asked, status, words):
    asked = {"model_name": "odenet", "beats": np.full((1, 187), 0.5, np.float32)} | asked
    inputs = [tensor(asked.pop("beats"), asked.pop("datatype", "FP32"), asked.pop("name", "beats"))]
    with pytest.raises(InferenceServerException) as error:
        client_of_triton.infer(inputs=inputs, **asked)
    assert error.value.status() == str(status)
    for word in words:
        assert word in error.value.message()


def test_what_there_is_not_of_the_protocols_extensions_is_told_so(client_of_triton):
    for ask in (client_of_triton.get_model_repository_index, lambda: client_of_triton.get_model_config("odenet")):
        with pytest.raises(InferenceServerException, match="no such route") as error:
            ask()
        assert error.value.status() == "404"


def head(beats, **fields):
    tensor = {"name": "beats", "datatype": "FP32", "shape": list(np.shape(beats)), "data": beats}
    return {"inputs": [tensor], **fields}


def assert_error(response, status, *words):
    """The shape that the protocol has for errors."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert set(response.json()) == {"error"}
    for word in words:
        assert word in response.json()["error"]


def test_json_alone_is_answered_by_json_alone(client, beat):
    response = client.post("/v2/models/odenet/infer", json=head([beat], model_name="odenet"))
    assert response.headers["content-type"] == "application/json"
    assert "inference-header-content-length" not in response.headers
    body = response.json()
    assert set(body) == {"model_name", "model_version", "outputs"}
    assert all(set(output) == {"name", "datatype", "shape", "data"} for output in body["outputs"])


def test_the_length_of_the_json_is_told_where_binary_data_follow_it(client, beat):
    asked = head([beat], parameters={"binary_data_output": True}, outputs=[{"name": "evaluations"}])
    response = client.post("/v2/models/odenet/infer", json=asked)
    assert response.headers["content-type"] == "application/octet-stream"
    length = int(response.headers["inference-header-content-length"])
    (output,) = json.loads(response.content[:length])["outputs"]
    assert output["parameters"] == {"binary_data_size": 4} and len(response.content) == length + 4


def test_a_body_of_another_kind_is_refused(client, beat):
    content = json.dumps(head([beat]))
    assert client.post("/v2/models/odenet/infer", content=content).status_code == 200
    for header in ("application/x-www-form-urlencoded", "text/plain"):
        response = client.post("/v2/models/odenet/infer", content=content, headers={"content-type": header})
        assert_error(response, 415, "application/json")
    response = client.post("/v2/models/odenet/infer", content=content, headers={"content-encoding": "br"})
    assert_error(response, 415, "gzip, deflate")
    assert response.headers["accept-encoding"] == "gzip, deflate"


def test_a_header_that_comes_twice_is_refused_for_one_of_them_would_be_ignored(client):
    for name in ("Inference-Header-Content-Length", "Cardiode-Deadline-Ms"):
        refused = client.post("/v2/models/odenet/infer", content=b"{}", headers=[(name, "2"), (name, "1")])
        assert_error(refused, 422, name, "got it twice")


def test_a_body_that_is_no_request_is_refused(client, beat):
    for content in (b"", b"{", b"\xff"):
        assert_error(client.post("/v2/models/odenet/infer", content=content, headers=JSON), 400, "JSON")
    for asked in ([], {}, {"inputs": []}, head([beat], id=7), head([beat], ouputs=[])):
        assert_error(client.post("/v2/models/odenet/infer", json=asked), 422)
    assert_error(client.post("/v2/models/odenet/infer", json=head([beat], model_name="resnet")), 422, "model_name")


def test_routes_that_do_not_exist_are_told_in_the_same_shape(client):
    assert_error(client.get("/v2/nothing"), 404, "/docs")
    refused = client.get("/v2/models/odenet/infer")
    assert_error(refused, 405)
    assert refused.headers["allow"] == "POST"
    assert client.get("/v2nothing").headers["content-type"] == "application/problem+json"


def test_an_error_of_our_own_is_told_in_the_same_shape(served):
    app = service.create(served, Settings())

    @app.get("/v2/broken")
    def broken():
        raise RuntimeError("secret")

    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.get("/v2/broken")
    assert_error(response, 500)
    assert "secret" not in response.text and response.headers["x-request-id"]


def test_a_body_over_the_limit_is_refused_packed_or_not(served, beat):
    with TestClient(service.create(served, Settings(max_body_bytes=10_000))) as client:
        assert_error(client.post("/v2/models/odenet/infer", content=b"x" * 10_001), 413, "10,000 bytes")
        packed = gzip.compress(b" " * 10_001)
        headers = {"content-encoding": "gzip"}
        assert_error(client.post("/v2/models/odenet/infer", content=packed, headers=headers), 413, "10,000 bytes")
        packed = gzip.compress(json.dumps(head([beat])).encode())
        assert client.post("/v2/models/odenet/infer", content=packed, headers=headers).status_code == 200


def test_more_beats_than_may_wait_are_refused_with_when_to_come_again(served):
    with TestClient(service.create(served, Settings(queue_beats=4096, workers=1))) as client:
        many = np.full((4000, 187), 0.5, np.float32).tobytes()
        described = {"name": "beats", "datatype": "FP32", "shape": [4000, 187]}
        described["parameters"] = {"binary_data_size": len(many)}
        asked = json.dumps({"inputs": [described], "outputs": [{"name": "label"}]}).encode()
        request = {"content": asked + many, "headers": {"inference-header-content-length": str(len(asked))}}
        with ThreadPoolExecutor(4) as pool:
            responses = list(pool.map(lambda _: client.post("/v2/models/resnet/infer", **request), range(4)))
    refused = [response for response in responses if response.status_code != 200]
    assert 1 <= len(refused) < 4
    for response in refused:
        assert_error(response, 503, "beats are waiting")
        assert 1 <= int(response.headers["retry-after"]) <= 30


def test_requests_beats_and_errors_are_counted_and_a_stranger_makes_no_labels(client, beat):
    client.post("/v2/models/odenet/infer", json=head([beat] * 3))
    client.post("/v2/models/odenet/versions/0/infer", json=head([beat]))
    for name in ("a", "b", "c"):
        client.get(f"/v2/models/{name}")
        client.get(f"/v2/models/odenet/versions/{name}/ready")
        client.get(f"/v2/{name}")
    values = samples(client)
    assert total(values, "cardiode_http_requests_total", route="/v2/models/{name}/infer", status="200") == 1
    assert total(values, "cardiode_beats_total", model="odenet") == 4
    assert total(values, "cardiode_http_requests_total", route="/v2/models/{name}", status="404") == 3
    versioned = "/v2/models/{name}/versions/{version}/ready"
    assert total(values, "cardiode_http_requests_total", route=versioned, status="404") == 3
    assert total(values, "cardiode_http_requests_total", route="unmatched") == 3
    for kind in ("unknown_model", "unknown_version", "unknown_route"):
        assert total(values, "cardiode_errors_total", kind=kind) == 3


@pytest.mark.parametrize("path", ["/v2/models/{name}/infer", "/v2/models/{name}/versions/{version}/infer"])
def test_the_examples_of_the_document_work_when_pasted(client, path):
    described = client.get("/openapi.json").json()["paths"][path]["post"]
    examples = described["requestBody"]["content"]["application/json"]["examples"]
    assert len(examples) == 2
    for example in examples.values():
        answer = client.post(path.format(name="odenet", version="0"), json=example["value"])
        assert answer.status_code == 200
    assert set(described["responses"]["422"]["content"]) == {"application/json"}
