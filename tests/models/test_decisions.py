from functools import cached_property

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Auto, Decisions, Receipts, Solver
from models.decisions import FOUND
from ode import Cost, Status


def values_of(thing):
    """All that receipts hold, arrays as lists."""
    held = vars(thing) | vars(thing.cost) | {"cost": None}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in held.items()}


@st.composite
def receipts(draw, count):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    auto = draw(st.sampled_from([None, Auto(cheap=Solver("bosh3"), tight=Solver("dopri5"), doubt=0.1)]))
    stages = {} if auto is None else {name: rng.random(count) < 0.5 for name in ("tight", "agreed")}
    return Receipts(
        Solver(),
        Cost(  # type: ignore[call-arg]
            *(rng.integers(0, 100, count) for _ in range(3)),
            rng.random(count, np.float32),
            rng.choice([int(each) for each in Status], count),
        ),
        draw(st.booleans()),
        auto,
        **stages,
    )


@st.composite
def decisions(draw):
    """Of some beats, with and without all that there may be, each beat with a threshold of its own or all with one."""
    count = draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return Decisions(
        rng.dirichlet(np.ones(5), count).astype(np.float32),
        draw(st.none() | receipts(count)),
        draw(st.sampled_from([None, rng.random(count) < 0.5])),
        draw(st.sampled_from([0.0, 0.4, rng.random(count, np.float32)])),
    )


@st.composite
def cut(draw):
    """Decisions, and where they are cut into parts."""
    whole = draw(decisions())
    borders = sorted(draw(st.sets(st.integers(1, len(whole) - 1)))) if len(whole) > 1 else []
    return whole, list(zip([0, *borders], [*borders, len(whole)], strict=True))


def test_all_that_is_found_once_and_kept_is_carried_over_to_parts():
    assert set(FOUND) == {name for name, what in vars(Decisions).items() if isinstance(what, cached_property)}


@given(cut())
def test_a_part_says_the_same_whether_or_not_all_of_it_was_found_before(example):
    whole, borders = example
    before = [whole.part(*border) for border in borders]
    rows = list(whole)
    after = [whole.part(*border) for border in borders]
    for (start, stop), one, other in zip(borders, before, after, strict=True):
        assert list(one) == list(other) == rows[start:stop]
        for name in FOUND:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@given(cut())
def test_parts_joined_are_the_whole(example):
    whole, borders = example
    joined = Decisions.joined([whole.part(*border) for border in borders])
    assert list(joined) == list(whole)
    if whole.receipts is not None:
        assert values_of(joined.receipts) == values_of(whole.receipts)


@pytest.mark.parametrize("least", [0.5, 1])
def test_one_threshold_is_that_of_every_part(least):
    whole = Decisions(np.full((4, 5), 0.2, np.float32), least_confidence=least)
    assert whole.part(1, 3).reasons == ["low_confidence"] * 2
