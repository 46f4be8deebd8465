from dataclasses import replace

import pytest

from models import zoo
from models.checkpoint import file as checkpoint_file
from training.errors import UnexpectedData
from training.evaluation.counterpart import sibling_of
from training.learning.recipe import read_recipe


@pytest.fixture
def zoo_of(checkpoints, tmp_path, monkeypatch):
    """A zoo of models of these names, each of the recipe of its name."""
    monkeypatch.setattr(zoo, "FOLDER", tmp_path)

    def put(name, kind="resnet", recipe=None):
        checkpoint = checkpoint_file.load(checkpoints[kind])
        told = read_recipe(recipe or name, []).model_dump(mode="json")
        info = checkpoint.info.model_copy(update={"name": name, "recipe": told})
        checkpoint_file.save(replace(checkpoint, info=info), tmp_path / name / "checkpoint.safetensors")
        return info

    return put


def test_the_sibling_in_the_zoo_bears_its_name(zoo_of):
    info = zoo_of("resnet")
    assert sibling_of(info) is None
    zoo_of("resnet_ds1")
    assert sibling_of(info).checkpoint.info.name == "resnet_ds1"


def test_another_may_be_given(zoo_of, tmp_path):
    info = zoo_of("resnet")
    zoo_of("resnet_ds1")
    zoo_of("other", recipe="resnet_ds1")
    assert sibling_of(info, str(tmp_path / "other" / "checkpoint.safetensors")).checkpoint.info.name == "other"


def test_another_network_and_one_that_knows_all_patients_are_none(zoo_of):
    info = zoo_of("resnet")
    zoo_of("odenet_ds1", kind="odenet")
    zoo_of("other", recipe="resnet")
    with pytest.raises(UnexpectedData, match="odenet_ds1 is a network of the kind odenet, expected resnet"):
        sibling_of(info, "odenet_ds1")
    with pytest.raises(UnexpectedData, match="has learnt from patients of DS2"):
        sibling_of(info, "other")
