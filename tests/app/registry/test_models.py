import hashlib
import os

import pytest
from starlette.testclient import TestClient

from app import service
from app.errors import UnknownModelName
from app.registry.models import ServedModels
from app.settings import Settings
from models import ResNetArchitecture, TruncatedCheckpoint, UnknownModel
from models.checkpoint import file as checkpoint
from tests.conftest import make_checkpoint


@pytest.fixture(scope="module")
def files(tmp_path_factory, beats):
    """Checkpoints of one name: two of the version 1, another of the version 2."""
    folder = tmp_path_factory.mktemp("versions")
    made = {"first": ("1", 1), "second": ("2", 2), "third": ("1", 3)}
    for file, (version, seed) in made.items():
        made_of = make_checkpoint("resnet", ResNetArchitecture(), beats[:3], version=version, seed=seed)
        checkpoint.save(made_of, folder / f"{file}.safetensors")
    return {file: folder / f"{file}.safetensors" for file in made}


@pytest.fixture(scope="module")
def several(files, checkpoints):
    return ServedModels.load([*map(str, files.values()), str(checkpoints["odenet"])])


def test_of_several_of_one_name_the_first_is_the_current_one(several):
    first, second, third, odenet = several.models
    assert several.get("resnet") is several.for_beats is first
    assert several.by_name == {"resnet": first, "odenet": odenet}
    assert [model.identity.version for model in (first, second, third)] == ["1", "2", "1"]


def test_a_version_pins_one_and_a_sha256_pins_exactly_one(several):
    first, second, _, odenet = several.models
    assert several.get("resnet@1") is first
    assert several.get("resnet@2") is second
    assert several.get("odenet@0") is odenet
    for model in several.models:
        name, sha256 = model.identity.name, model.identity.sha256
        assert (
            several.get(model.identity.pin)
            is several.get(f"{name}@{sha256}")
            is several.get(f"{name}@{sha256[:20]}")
            is model
        )
    assert len({model.identity.pin for model in several.models}) == 4


def test_what_pins_none_is_unknown_and_the_models_there_are_are_told(several):
    first, second, third, odenet = several.models
    other = hashlib.sha256(b"another").hexdigest()
    wrong = ["resnet@", "resnet@3", "odenet@1", f"odenet@{first.identity.sha256}", f"resnet@{other}", "@1", "oracle"]
    for name in [*wrong, f"resnet@{third.identity.sha256[:7]}", "resnet@1@1"]:
        assert several.get(name) is None
        with pytest.raises(UnknownModelName) as error:
            several.find(name, first)
        assert str(error.value).endswith(
            f"expected one of: resnet, odenet, {second.identity.pin}, {third.identity.pin}"
        )
    assert several.find(None, odenet) is odenet


def test_a_folder_names_all_checkpoints_in_it_in_the_order_of_their_names(files):
    folder = files["first"].parent
    assert [model.identity.pin for model in ServedModels.load([str(folder)]).models] == [
        ServedModels.load([str(file)]).for_beats.identity.pin for file in files.values()
    ]


def test_the_name_of_a_file_comes_before_longer_ones(tmp_path, files):
    for name, of in (("resnet-next", "second"), ("resnet", "first")):
        (tmp_path / f"{name}.safetensors").write_bytes(files[of].read_bytes())
    assert [model.identity.version for model in ServedModels.load([str(tmp_path)]).models] == ["1", "2"]


def test_a_pipe_in_a_folder_is_no_checkpoint(tmp_path, files):
    (tmp_path / "resnet.safetensors").write_bytes(files["first"].read_bytes())
    os.mkfifo(tmp_path / "pipe.safetensors")
    assert len(ServedModels.load([str(tmp_path)]).models) == 1


def test_a_folder_without_checkpoints_is_told(tmp_path):
    (tmp_path / "resnet.partial").write_bytes(b"being written")
    with pytest.raises(UnknownModel, match=r"there is no checkpoint in .*expected files NAME\.safetensors"):
        ServedModels.load([str(tmp_path)])


def test_the_same_checkpoint_twice_is_told(files, tmp_path):
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(files["first"].read_bytes())
    with pytest.raises(UnknownModel, match=r"the same as resnet@.*; name each once"):
        ServedModels.load([str(files["first"]), str(copy)])


def test_no_models_are_told():
    with pytest.raises(UnknownModel, match="list one or more"):
        ServedModels.load([])


def test_what_was_served_before_is_taken_over_where_its_checkpoint_is_the_same(files, several):
    again = ServedModels.load([str(files["second"]), str(files["first"])], several.models)
    assert again.models == (several.models[1], several.models[0])  # by identity: they are not compared otherwise


def test_what_was_served_before_is_read_all_the_same(files, several, tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(files["first"].read_bytes()[:-10])
    with pytest.raises(TruncatedCheckpoint, match=r"broken\.safetensors"):
        ServedModels.load([str(broken)], several.models)


def test_each_is_listed_and_answers_where_it_is_pinned(several, beats):
    with TestClient(service.create(several, Settings())) as client:
        listed = client.get("/models").json()["models"]
        assert [(model["name"], model["version"], model["current"], model["default"]) for model in listed] == [
            ("resnet", "1", True, True),
            ("resnet", "2", False, False),
            ("resnet", "1", False, False),
            ("odenet", "0", True, False),
        ]
        for model, served in zip(listed, several.models, strict=True):
            answer = client.post("/classify", json={"beats": [beats[0].tolist()], "model": model["pin"]}).json()
            assert answer["model"] == vars(served.identity)
            expected = served.classify(beats[:1]).probabilities[0]
            assert list(answer["beats"][0]["probabilities"].values()) == pytest.approx(expected, abs=1e-5)
        refused = client.post("/classify", json={"beats": [beats[0].tolist()], "model": "resnet@7"})
        assert refused.status_code == 404 and listed[1]["pin"] in refused.json()["detail"]
