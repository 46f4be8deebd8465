import pytest

from models import Solver
from training.errors import BadRecipe
from training.learning.recipe import RECIPES, read_recipe


@pytest.mark.parametrize("name", [file.stem for file in RECIPES.glob("*.toml")])
def test_every_recipe_that_comes_with_the_project_holds(name):
    assert read_recipe(name, []).name == name


def test_overrides_change_single_entries():
    recipe = read_recipe("odenet", ["batch_size=7", "training_solver.rtol=1e-4", "name=mine", "seed=3"])
    assert (recipe.batch_size, recipe.name, recipe.seed) == (7, "mine", 3)
    assert recipe.training_solver == Solver("dopri5", 1e-4, 1e-1, first_step=1.0)


def test_a_recipe_can_be_a_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text((RECIPES / "resnet.toml").read_text())
    assert read_recipe(str(file), []) == read_recipe("resnet", [])


@pytest.mark.parametrize(
    ("name", "override", "message"),
    [
        ("nothing", "", "one of: odenet, odenet_ds1, odenet_seed, resnet, resnet_ds1, rhythm, study_augmented"),
        ("resnet", "epoch", "expected key=value"),
        ("resnet", "batch=3", "batch: there is no such entry; a recipe has name, architecture"),
        ("resnet", "batch_size=many", "batch_size"),
        ("resnet", "batch_size=0", "batch_size"),
        ("resnet", "split=magic", "split"),
        ("resnet", "architecture.kind=magic", "architecture"),
        ("resnet", "name.first=x", "name is a value"),
        ("odenet", "training_solver.tolerance=1", "training_solver.tolerance"),
        ("odenet", "training_solver.rtol=-1", "training_solver.rtol"),
        ("odenet", "architecture.solver.method=magic", "one of: euler, "),
        ("resnet", "cycles=[{epochs=1, learning_rate=0.1, solver_error=0.1}]", "solves no ODE"),
        ("odenet", "architecture.gradient=adjoint", "gradient of the error"),
        ("resnet", "training_solver.rtol=0.1", "solves no ODE"),
    ],
)
def test_a_wrong_recipe_is_told_by_its_entry(name, override, message):
    with pytest.raises(BadRecipe, match=message):
        read_recipe(name, [override] if override else [])
