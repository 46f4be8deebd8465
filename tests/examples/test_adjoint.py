from itertools import pairwise

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from examples import adjoint


@pytest.fixture(scope="module")
def found():
    return adjoint.study(adjoint.SMALLEST)


class Work(TorchDispatchMode):
    """Counts the operations of matrix products: unlike time, the same on every machine."""

    operations = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        count = flop_registry.get(operation._overloadpacket)
        self.operations += count(*args, **(kwargs or {}), out_val=result) if count else 0
        return result


def taken(found, way):
    """The gradients that were taken that way, the loosest tolerance first."""
    return [it for it in found.taken if it.way == way]


def test_the_memory_of_the_adjoint_is_flat_against_evaluations(found):
    gradients = taken(found, "adjoint")
    assert gradients[-1].forward > 4 * gradients[0].forward
    assert gradients[-1].mb == pytest.approx(gradients[0].mb, rel=0.02)


def test_that_of_the_direct_gradient_grows_with_them(found):
    for looser, tighter in pairwise(taken(found, "direct")):
        if tighter.forward > looser.forward:
            assert tighter.mb / looser.mb == pytest.approx(tighter.forward / looser.forward, rel=0.15)


@pytest.mark.parametrize("way", adjoint.WAYS)
def test_work_is_in_proportion_to_the_evaluations_there_and_back(way):
    torch.manual_seed(0)
    reader, digits = adjoint.Reader().double(), torch.randint(adjoint.CLASSES, (adjoint.BATCH,))
    images, evaluations, shares = torch.rand(adjoint.BATCH, adjoint.PIXELS, dtype=torch.float64), [], []
    for tolerance in (1e-3, 1e-6, 1e-9):
        with Work() as work:
            taken = adjoint.take(reader, images, digits, way, tolerance)
        evaluations.append(taken.forward + taken.backward)
        shares.append(work.operations / evaluations[-1])
    assert evaluations[-1] > 2 * evaluations[0]
    assert shares == pytest.approx([shares[0]] * 3, rel=0.15)


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
