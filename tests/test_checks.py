import jaxtyping
import numpy as np
import pytest
from beartype.roar import BeartypeCallHintParamViolation, BeartypeDecorHintException

from ecg import check_beats, label_of
from tests import CHECKED_FIRST, CHECKED_LATER, check


def refused(call, wrong):
    try:
        call(wrong)
    except jaxtyping.TypeCheckError:
        return True
    except (TypeError, AttributeError, ValueError):
        return False
    return False


def test_types_are_checked_in_the_first_calls_of_a_function_and_in_one_of_so_many_later():
    calls = [refused(check_beats, [0.5]) for _ in range(2 * CHECKED_LATER)]
    assert all(calls[:CHECKED_FIRST])
    assert [place + 1 for place, checked in enumerate(calls) if checked][CHECKED_FIRST:] == [
        CHECKED_LATER,
        2 * CHECKED_LATER,
    ]


def test_what_is_called_late_in_a_test_is_checked_too():
    for _ in range(20 * CHECKED_LATER):
        check_beats(np.zeros((1, 187)))
    with pytest.raises(jaxtyping.TypeCheckError):
        label_of(1)


def test_annotations_are_read_at_the_first_call_and_checked_from_then_on():
    def double(x: int) -> int:
        return 2 * x

    def wrong(x: 7) -> None:  # type: ignore[valid-type]
        """What is annotated like this cannot be read."""

    doubled, unread = check(double), check(wrong)
    assert doubled(2) == 4
    with pytest.raises(BeartypeCallHintParamViolation):
        doubled("2")
    with pytest.raises(BeartypeDecorHintException):
        unread(7)
