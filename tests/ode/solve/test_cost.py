import pickle

import numpy as np
import pytest
import torch

from ode import Cost, Status


def cost_of(evaluations, *, error=0.5, status=Status.OK):
    samples = len(evaluations)
    return Cost(
        torch.tensor(evaluations),
        torch.arange(samples),
        torch.arange(samples) + 1,
        torch.full((samples,), error),
        torch.full((samples,), int(status)),
    )


def assert_same(one, other):
    for name, column in vars(one).items():
        np.testing.assert_array_equal(column, vars(other)[name])


@pytest.fixture
def cost():
    return cost_of([8, 14, 20, 26])


@pytest.mark.parametrize("of", [lambda cost: cost, Cost.numpy], ids=["tensors", "arrays"])
class TestOfTensorsAndOfArrays:
    def test_parts_joined_are_the_whole(self, cost, of):
        parts = [of(cost).select(slice(0, 1)), of(cost).select(slice(1, 4))]
        assert_same(Cost.joined(parts), of(cost))
        assert_same(Cost.joined(parts[:1]), parts[0])

    def test_samples_are_selected_by_mask_place_or_slice(self, cost, of):
        every = of(cost)
        for which in (every.evaluations > 10, of(cost_of([1, 2, 3])).evaluations, slice(1, 4)):
            selected = every.select(which)
            assert selected.evaluations.tolist() == [14, 20, 26] and selected.rejected.tolist() == [2, 3, 4]
            assert len(selected) == 3

    def test_what_is_pickled_comes_back(self, cost, of):
        back = pickle.loads(pickle.dumps(of(cost)))
        assert_same(back, of(cost))
        assert [type(column) for column in vars(back).values()] == [type(of(cost).error)] * 5

    def test_samples_are_solved_whose_status_is_ok(self, cost, of):
        failed = cost_of([1, 2], status=Status.DEADLINE)
        assert Cost.joined([of(failed), of(cost)]).solved.tolist() == [False] * 2 + [True] * 4

    def test_more_evaluations_add_to_those_there_are(self, cost, of):
        assert of(cost).plus(3).evaluations.tolist() == [11, 17, 23, 29]
        assert of(cost).plus(of(cost).evaluations).evaluations.tolist() == [16, 28, 40, 52]


def test_several_solves_cost_the_sum_and_are_as_good_as_the_worst(cost):
    together = Cost.together([cost, cost_of([1, 1, 1, 1], error=0.7, status=Status.NON_FINITE)])
    assert together.evaluations.tolist() == [9, 15, 21, 27]
    assert together.accepted.tolist() == [0, 2, 4, 6] and together.rejected.tolist() == [2, 4, 6, 8]
    torch.testing.assert_close(together.error, torch.full((4,), 0.7))
    assert together.status.tolist() == [Status.NON_FINITE] * 4
