import pytest
import torch

from models import Solver
from training.errors import BadRecipe
from training.learning.recipe import RECIPES, Augmentation, read_recipe


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
        ("resnet", "members=[{}, {}]", "got 2 members for an architecture of 1"),
        ("rhythm", "members=[]", "no examples for a network of whole recordings"),
        ("rhythm", "architecture.members=3", "got 2 members for an architecture of 3"),
        ("rhythm", "members=[{seed=1}, {}]", "members.0.seed: there is no such entry"),
    ],
)
def test_a_wrong_recipe_is_told_by_its_entry(name, override, message):
    with pytest.raises(BadRecipe, match=message):
        read_recipe(name, [override] if override else [])


def test_each_network_of_an_ensemble_learns_from_its_own_examples_with_a_seed_of_its_own():
    recipe = read_recipe("rhythm", ["seed=5"])
    first, second = recipe.each
    assert (first.seed, second.seed) == (5, 6)
    assert first.architecture == second.architecture == recipe.architecture.of
    assert (first.examples, second.examples) == tuple(member.examples for member in recipe.members)
    assert first.examples != second.examples
    assert first.mixture.real < second.mixture.real
    assert first.databases == second.databases == recipe.databases


def test_where_members_say_nothing_all_learn_from_the_same():
    ensemble = read_recipe("resnet", ["architecture={kind='committee', members=2, of={kind='resnet'}}", "seed=1"])
    alone = read_recipe("resnet", ["architecture={kind='resnet'}", "seed=1"])
    first, second = ensemble.each
    assert first == alone == alone.each[0] and second == alone.model_copy(update={"seed": 2})
    assert (ensemble.networks, alone.networks) == (2, 1)


def generator():
    return torch.Generator().manual_seed(0)


def ramps(samples=50):
    """Beats that rise by 0.01 a sample, then padding."""
    beat = torch.cat((0.1 + 0.01 * torch.arange(samples), torch.zeros(20)))
    return beat.repeat(200, 1)


def test_without_anything_asked_beats_stay_as_they_are():
    torch.testing.assert_close(Augmentation().apply(ramps(), generator()), ramps(), rtol=0, atol=0)


def test_noise_has_its_size_and_leaves_padding_and_scale_alone():
    changed = Augmentation(noise=0.01).apply(ramps(), generator())
    assert (changed - ramps())[:, 5:45].std().item() == pytest.approx(0.01, rel=0.05)
    assert (changed[:, 50:] == 0).all() and changed.min() >= 0 and changed.max() <= 1


def test_a_shift_moves_each_beat_by_its_own_distance_within_the_limit():
    moved = (Augmentation(shift=2.0).apply(ramps(), generator()) - ramps())[:, 10:40] / 0.01
    assert moved.std(1).max() < 1e-3
    assert 1.9 < moved.abs().max() <= 2.001 and moved.mean().abs() < 0.3


def test_a_stretch_makes_time_run_faster_or_slower():
    changed = Augmentation(stretch=0.1).apply(ramps(), generator())
    speed = (changed[:, 35] - changed[:, 5]) / 0.3
    assert speed.min().item() == pytest.approx(0.9, abs=0.02)
    assert speed.max().item() == pytest.approx(1.1, abs=0.02)


def test_equal_seeds_change_beats_equally():
    one, same = (Augmentation(noise=0.1, shift=1, stretch=0.1).apply(ramps(), generator()) for _ in range(2))
    torch.testing.assert_close(one, same, rtol=0, atol=0)
