import pytest
import torch

from examples import shapes


@pytest.fixture(scope="module")
def found():
    return shapes.study(shapes.SMALLEST)


@pytest.fixture(scope="module")
def last(found):
    (right,) = found.values()
    return {method: runs[:, -1] for method, runs in right.items()}


def test_by_every_method_a_network_learns_to_tell_shapes_apart(found, last):
    assert set(last) == {"euler", "implicit_euler", "crank_nicolson"}
    assert all(runs.min() > 0.3 for runs in last.values())  # by chance one of seven: 0.14
    (right,) = found.values()
    assert all(runs[:, 0].max() < 0.3 for runs in right.values())


def test_methods_differ_by_less_than_three_standard_deviations_of_their_seeds(last):
    means = torch.stack([runs.mean() for runs in last.values()])
    spread = torch.stack([runs.std() for runs in last.values()]).square().mean().sqrt()
    assert means.max() - means.min() < 3 * spread


def test_each_class_has_as_many_images_and_its_own_shapes():
    torch.manual_seed(0)
    painted = shapes.paint(140)
    assert painted.images.shape == (140, 1, shapes.SIDE, shapes.SIDE)
    assert painted.classes.bincount().tolist() == [20] * 7
    assert 0 <= painted.images.min() < painted.images.max() == 1
    ink = torch.stack([painted.images[painted.classes == place].sum() for place in range(7)])
    assert ink[3:6].min() > ink[:3].max() and ink[6] > ink[3:6].max()


def test_shapes_of_an_image_do_not_overlap():
    torch.manual_seed(0)
    images = shapes.paint(700).images
    assert images.max() <= 1  # where two overlapped, they would add up to 2


def test_it_shows_what_it_found(found, last, shown):
    assert f"{100 * last['euler'].mean():.1f} ±" in shown(shapes, found)
