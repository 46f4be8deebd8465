from itertools import pairwise

import pytest

from examples import adjoint


@pytest.fixture(scope="module")
def found():
    return adjoint.study(adjoint.SMALLEST)


def taken(found, way):
    """The gradients that were taken that way, the loosest tolerance first."""
    return [it for it in found.taken if it.way == way]


def test_the_memory_of_the_adjoint_is_flat_against_evaluations(found):
    gradients = taken(found, "adjoint")
    assert gradients[-1].forward > 4 * gradients[0].forward
    assert gradients[-1].mb == pytest.approx(gradients[0].mb, rel=0.01)


def test_that_of_the_direct_gradient_grows_with_them(found):
    for looser, tighter in pairwise(taken(found, "direct")):
        if tighter.forward > looser.forward:
            assert tighter.mb / looser.mb == pytest.approx(tighter.forward / looser.forward, rel=0.15)


@pytest.mark.parametrize("way", adjoint.WAYS)
def test_both_gradients_become_true_as_the_tolerance_tightens(found, way):
    for gradient in taken(found, way):
        assert gradient.error(found.true) < 20 * gradient.tolerance


def test_both_take_the_same_way_forward_and_the_adjoint_alone_evaluates_backward(found):
    for one, other in zip(taken(found, "adjoint"), taken(found, "direct"), strict=True):
        assert one.forward == other.forward and other.backward == 0 < one.backward
    evaluations = [(it.forward, it.backward) for it in taken(found, "adjoint")]
    assert all(looser <= tighter for looser, tighter in pairwise(evaluations))


def test_evaluations_grow_as_training_goes_on(found):
    assert found.training.shape == (adjoint.SMALLEST.steps, 2)
    assert (found.training[-1] > found.training[0]).all()


def test_it_shows_what_it_found(found, shown):
    assert f"{found.taken[0].mb:.2f}" in shown(adjoint, found)
