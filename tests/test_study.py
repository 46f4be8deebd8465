import pytest

from docs.study import NETWORKS, PAGE, draw, fill, studied  # type: ignore[attr-defined]
from training.commands.compare import comparison
from training.evaluation.evaluation import recipe_of
from training.learning.recipe import read_recipe


@pytest.fixture(scope="module")
def checkpoints():
    return studied()


def test_the_page_tells_what_the_checkpoints_reach(checkpoints):
    text = PAGE.read_text()
    assert fill(text) == text
    assert comparison(checkpoints) in text
    assert all(f"{one.info.figures['test_macro_f1']:.4f}" in text for one in checkpoints)


def test_each_was_trained_by_its_recipe_to_the_end(checkpoints):
    for name, one in zip(NETWORKS, checkpoints, strict=True):
        recipe = read_recipe(name, [])
        assert recipe_of(one.info) == recipe
        assert len(one.info.history) == recipe.epochs


def test_nothing_but_the_network_differs(checkpoints):
    def rest(info):
        return {name: value for name, value in info.recipe.items() if name not in ("name", "architecture")}

    first, *others = [one.info for one in checkpoints]
    assert {one.data_sha256 for one in others} == {first.data_sha256}
    for other in others:
        assert rest(other) | {"training_solver": None} == rest(first)


def test_the_figure_is_drawn(checkpoints, tmp_path):
    draw(checkpoints, tmp_path / "study.png")
    assert (tmp_path / "study.png").stat().st_size > 10_000
    assert PAGE.with_suffix(".png").exists()
