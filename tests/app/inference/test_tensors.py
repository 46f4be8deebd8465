import json

import numpy as np
import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tritonclient.http import InferResult

from app.inference.tensors import FLOATS, SOLVER_OUTPUTS, InferRequest, Wanted, outputs_of, read, wanted_of, write
from ecg import LABELS, EcgError, InvalidBeat
from models import Decisions, ModelIdentity, Solver
from models.decisions import Receipts
from ode import Cost, Status

SIZES = {"FP16": 2, "FP32": 4, "FP64": 8}


def head(beats=2, datatype="FP32", binary=True, **fields):
    """The JSON of an honest request."""
    tensor = {"name": "beats", "datatype": datatype, "shape": [beats, 187]}
    if binary:
        tensor["parameters"] = {"binary_data_size": beats * 187 * SIZES[datatype]}
    return {"inputs": [tensor | fields]}


def body_of(asked, binary=b""):
    """A body, and the header that tells where its JSON ends."""
    content = json.dumps(asked).encode()
    return content + binary, str(len(content))


def halves(beats=2, datatype="FP32"):
    return np.full((beats, 187), 0.5, FLOATS[datatype])


def refused(asked, binary=b"", told=None):
    """The first field that is wrong, and what is said of it."""
    body, length = body_of(asked, binary)
    with pytest.raises(RequestValidationError) as error:
        read(body, length if told is None else told)
    first = error.value.errors()[0]
    return ".".join(map(str, first["loc"][1:])), first["msg"]


@pytest.mark.parametrize("datatype", FLOATS)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 5))
def test_beats_are_the_same_in_every_form(datatype, seed, count):
    sent = np.random.default_rng(seed).random((count, 187)).astype(FLOATS[datatype])
    forms = [
        (head(count, datatype), sent.tobytes()),
        (head(count, datatype, binary=False, data=sent.tolist()), b""),
        (head(count, datatype, binary=False, data=sent.ravel().tolist()), b""),
    ]
    for asked, binary in forms:
        body, length = body_of(asked, binary)
        beats = read(body, length).beats
        assert beats.dtype == np.float32
        np.testing.assert_array_equal(beats, sent.astype(np.float32))


def test_a_body_that_is_all_json_needs_no_header():
    body, _ = body_of(head(1, binary=False, data=[0.5] * 187))
    assert len(read(body, None).beats) == 1


def test_a_header_that_lies_is_told_whatever_it_says():
    body, honest = body_of(head(1), halves(1).tobytes())
    assert len(read(body, honest).beats) == 1
    lies = [str(length) for length in range(len(body) + 3) if str(length) != honest]
    for told in (*lies, None, "", "-1", "many", "1.5", "9" * 13, "9" * 5000, "٣"):
        with pytest.raises(RequestValidationError):
            read(body, told)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": "beat"}, "inputs.0.name", "'beats'"),
        ({"datatype": "INT8"}, "inputs.0.datatype", "FP16, FP32, FP64"),
        ({"shape": [2, 186]}, "inputs.0.shape", "187"),
        ({"shape": [187]}, "inputs.0.shape", "187"),
        ({"shape": [2, 1, 187]}, "inputs.0.shape", "187"),
        ({"shape": [0, 187]}, "inputs.0.shape", "1 to 4,096"),
        ({"shape": [4097, 187]}, "inputs.0.shape", "1 to 4,096"),
        ({"shape": [10**12, 187]}, "inputs.0.shape", "1 to 4,096"),
        ({"shape": [-1, 187]}, "inputs.0.shape.0", "got -1, expected 0.."),
        ({"shape": [10**400, 187]}, "inputs.0.shape.0", "whole number"),
        ({"shape": [2.5, 187]}, "inputs.0.shape.0", "whole number"),
        ({"shape": [1] * 1000}, "inputs.0.shape", "at most 8"),
        ({"shape": [3, 187]}, "inputs.0.parameters.binary_data_size", "2,244 of both"),
        ({"datatype": "FP64"}, "inputs.0.parameters.binary_data_size", "2,992 of both"),
        ({"parameters": {}}, "inputs.0", "neither data nor"),
        ({"parameters": {"binary_data_size": 10**30}}, "inputs.0.parameters.binary_data_size", "expected 0.."),
        ({"parameters": {"binary_data_size": -1}}, "inputs.0.parameters.binary_data_size", "got -1, expected 0.."),
        ({"parameters": {"shared_memory_region": "x"}}, "inputs.0.parameters.shared_memory_region", "not permitted"),
        ({"data": [0.5] * 374}, "inputs.0.data", "binary data too"),
    ],
)
def test_an_input_that_is_wrong_is_told_by_field(change, field, words):
    asked = head()
    asked["inputs"][0] |= change
    where, message = refused(asked, halves().tobytes())
    assert where == field and words in message


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ([0.5] * 373, "inputs.0.data", "got 373 numbers, expected 374"),
        ([], "inputs.0.data", "got 0 numbers, expected 374"),
        ([[0.5] * 187], "inputs.0.data", "got 187 numbers, expected 374"),
        ([[0.5] * 187, [0.5] * 186], "inputs.0.data", "got 186 in row 1, expected 187"),
        ([[0.5] * 187, 0.5], "inputs.0.data", "got no list in row 1"),
        ([0.5] * 300 + [[0.5]], "inputs.0.data.300", "number"),
        ([0.5] * 373 + ["0.5"], "inputs.0.data.373", "number"),
        ([0.5] * 373 + [True], "inputs.0.data.373", "number"),
        ([0.5] * 373 + [None], "inputs.0.data.373", "number"),
        ("0.5", "inputs.0.data", "array"),
        ([0.5] * 187 * 5000, "inputs.0.data", "at most"),
    ],
)
def test_data_that_are_no_beats_are_told(data, field, words):
    where, message = refused(head(binary=False, data=data))
    assert where == field and words in message


def test_bytes_that_no_input_claims_are_told():
    assert refused(head(binary=False, data=[0.5] * 374), b"more")[0] == "inputs.0.data"
    assert refused(head(), halves().tobytes() + b"more")[0] == "inputs.0.parameters.binary_data_size"


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1, 1.5])
def test_a_value_that_no_beat_has_is_told_with_the_beats_index(value):
    sent = halves()
    sent[1, 7] = value
    for asked, binary in ((head(), sent.tobytes()), (head(binary=False, data=sent.tolist()), b"")):
        with pytest.raises(InvalidBeat, match="sample 7") as error:
            read(*body_of(asked, binary))
        assert error.value.index == 1


def test_one_input_is_expected():
    for inputs in ([], [head()["inputs"][0]] * 2):
        assert refused({"inputs": inputs})[0] == "inputs"


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
either = st.sampled_from


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    asked=st.fixed_dictionaries(
        {
            "inputs": st.lists(
                st.fixed_dictionaries(
                    {
                        "name": st.just("beats") | anything,
                        "datatype": either([*FLOATS, "BYTES", "BF16"]) | anything,
                        "shape": st.lists(either([0, 1, 2, 187, 4096, 2**40, 2**63, -1]), max_size=3) | anything,
                    },
                    optional={
                        "data": anything | st.lists(either([0, 1, 0.5, 2]), min_size=187, max_size=187),
                        "parameters": st.fixed_dictionaries({"binary_data_size": either([0, 748, 2**70]) | anything}),
                    },
                ),
                max_size=2,
            )
            | anything
        },
        optional={"id": anything, "model_name": anything, "outputs": anything, "parameters": anything},
    ),
    binary=st.binary(max_size=20) | st.just(bytes(748)),
    shift=either([0, 0, 0, -1, 1, -20]),
)
def test_whatever_is_asked_is_read_or_refused_by_name(asked, binary, shift):
    body, length = body_of(asked, binary)
    _read_or_refused(body, str(int(length) + shift))


@settings(deadline=None, max_examples=300)
@given(body=st.binary(max_size=300), told=st.none() | st.text(max_size=6) | st.integers(-1, 320).map(str))
def test_whatever_bytes_come_are_read_or_refused_by_name(body, told):
    _read_or_refused(body, told)


@settings(deadline=None, max_examples=300)
@given(changes=st.lists(st.tuples(st.integers(0, 140), st.integers(0, 255)), min_size=1, max_size=6))
def test_an_honest_request_that_is_damaged_is_read_or_refused_by_name(changes):
    content, length = body_of(head(1), halves(1).tobytes())
    damaged = bytearray(content)
    for place, value in changes:
        damaged[place] = value
    _read_or_refused(bytes(damaged), length)


def _read_or_refused(body, told):
    try:
        inference = read(body, told)
    except (RequestValidationError, EcgError):
        return
    assert inference.beats.dtype == np.float32 and inference.beats.shape[1] == 187
    assert 1 <= len(inference.beats) <= 4096


def asking_for(*outputs, **parameters):
    return InferRequest.model_validate_json(json.dumps(head(1) | {"outputs": outputs, "parameters": parameters}))


def test_outputs_come_in_the_order_and_the_form_that_are_asked_for():
    there = outputs_of(solver=True)
    asked = asking_for({"name": "status"}, {"name": "label", "parameters": {"binary_data": True}})
    assert [(w.output.name, w.binary) for w in wanted_of(asked, there)] == [("status", False), ("label", True)]
    asked = asking_for(
        {"name": "status"}, {"name": "label", "parameters": {"binary_data": False}}, binary_data_output=True
    )
    assert [w.binary for w in wanted_of(asked, there)] == [True, False]


def test_all_outputs_come_where_none_is_asked_for():
    for solver in (False, True):
        there = outputs_of(solver=solver)
        assert [w.output for w in wanted_of(asking_for(), there)] == list(there)


def test_an_output_that_there_is_not_or_that_is_asked_for_twice_is_told():
    for names, place, words in (
        (["label", "error"], 1, "label, probabilities"),
        (["label", "label"], 1, "twice|second"),
    ):
        with pytest.raises(RequestValidationError) as error:
            wanted_of(asking_for(*({"name": name} for name in names)), outputs_of(solver=False))
        (told,) = error.value.errors()
        assert told["loc"] == ("body", f"outputs.{place}.name")
        assert any(word in told["msg"] for word in words.split("|"))


@st.composite
def decisions(draw):
    """Decisions of a model with a solver, of which some solves failed."""
    count = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    costs = {name: rng.integers(0, 100_000, count) for name in ("evaluations", "accepted", "rejected")}
    status = rng.choice([int(each) for each in Status], count)
    method = draw(either(["dopri5", "rk4"]))
    solver = Solver(method, step=0.5, first_step=None) if method == "rk4" else Solver(method)
    receipts = Receipts(solver, Cost(**costs, error=rng.random(count).astype(np.float32), status=status))
    return Decisions(
        rng.dirichlet(np.ones(len(LABELS)), count).astype(np.float32),
        receipts,
        unlike_training=rng.random(count) < 0.3,
        least_confidence=draw(st.floats(0, 1)),
    )


@settings(deadline=None)
@given(decided=decisions(), data=st.data())
def test_what_is_written_is_read_back_by_the_protocols_client(decided, data):
    outputs = data.draw(st.permutations(outputs_of(solver=True)))[: data.draw(st.integers(1, 6))]
    wanted = [Wanted(output, data.draw(st.booleans())) for output in outputs]
    written = write(ModelIdentity(name="m", version="1", sha256="0"), "7", wanted, decided)
    length = len(written.json) if written.binary else None
    result = InferResult.from_response_body(written.json + written.binary, header_length=length)
    said = {key: result.get_response()[key] for key in ("model_name", "model_version", "id")}
    assert said == {"model_name": "m", "model_version": "1", "id": "7"}
    for each in wanted:
        got = result.as_numpy(each.output.name)
        expected = [each.output.values(decision) for decision in decided]
        if each.output.datatype == "BYTES":
            texts = [text.decode() if isinstance(text, bytes) else text for text in got]
            assert texts == [text for (text,) in expected]
        else:
            rows = np.array(expected, dtype=got.dtype).reshape(got.shape)
            np.testing.assert_array_equal(got, rows)
        metadata = result.get_output(each.output.name)
        assert metadata["shape"] == [len(decided), *each.output.shape]
        assert ("data" in metadata) is not each.binary


def test_a_failed_solve_has_no_numbers_of_its_own():
    failed = Decisions(
        np.full((1, 5), 0.2, np.float32),
        Receipts(
            Solver(),
            Cost(  # type: ignore[call-arg]
                *(np.array([n]) for n in (20, 3, 1)),
                np.array([0.5], np.float32),
                np.array([int(next(each for each in Status if each is not Status.OK))]),
            ),
        ),
    )
    wanted = [Wanted(output, binary=False) for output in outputs_of(solver=True)]
    told = json.loads(write(ModelIdentity(name="m", version="1", sha256="0"), None, wanted, failed).json)
    data = {output["name"]: output["data"] for output in told["outputs"]}
    assert "id" not in told
    assert data["label"] == [""] and data["probabilities"] == [None] * 5
    assert data["evaluations"] == [20] and data["abstained"] == [False] and data["status"] != ["ok"]
    assert set(data) >= {output.name for output in SOLVER_OUTPUTS}
