from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg.messages import LONGEST, MOST, ROOM, listed, reason, shortened


@given(st.text(max_size=3 * LONGEST) | st.integers(0, 3 * LONGEST).map("x".__mul__))
def test_a_short_name_is_told_as_it_is_and_a_long_one_by_its_beginning_and_its_length(name):
    told = shortened(name)
    assert told == name or (told.startswith(name[: LONGEST - ROOM]) and told.endswith(f"... ({len(name)} characters)"))
    assert len(told) <= len(name)


def test_a_list_tells_the_first_names_and_how_many_more_there_are():
    assert listed([]) == ""
    assert listed(["II", 5]) == "II, 5"
    assert listed(str(n) for n in range(MOST)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert listed(str(n) for n in range(2000)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1,990 more"


@given(st.lists(st.text()))
def test_a_list_is_short_whatever_is_in_it(names):
    assert len(listed(names)) <= MOST * (LONGEST + 2) + 30


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("no number in /secret/made.hea"), "no number in made.hea"),
        (ValueError("x" * 1000), "x" * 180 + "... (1,000 characters)"),
        (OSError(36, "File name too long", "/secret/made.hea"), "File name too long"),
        (OSError("cannot open /secret/made.dat"), "cannot open made.dat"),
        (IndexError("list index out of range"), "its reader failed (IndexError)"),
        (ZeroDivisionError("division by zero"), "its reader failed (ZeroDivisionError)"),
    ],
)
def test_what_a_library_said_is_told_without_the_folder(error, told):
    assert reason(error, Path("/secret/made.hea")) == told
