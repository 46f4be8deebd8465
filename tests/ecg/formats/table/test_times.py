"""Times as cells show them."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from ecg.formats.table.times import day_is_first, is_time, moment, seconds, style_of

BASE = 1_704_096_000.0
"""Seconds from 1970 until eight o'clock on the first of January 2024."""


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("0:00.004", 0.004),
        ("1:02:03.5", 3723.5),
        ("08:00:00,004", 28800.004),
        ("08:00:00:004", 28800.004),
        ("12:00:01 AM", 1),
        ("12:00:01 PM", 43201),
        ("1:00:01 pm", 46801),
        ("'0:00:01'", 1),
        ("-0:01", -1),
        ("0.004 sec", 0.004),
        ("4 ms", 0.004),
        ("1 days 00:00:01.5", 86401.5),
        ("27:00:00", 97200),
        ("noon", np.nan),
        ("1:1:1:1", np.nan),
        ("0:1_0", np.nan),
        ("1e3:00", np.nan),
        ("1:" * 500, np.nan),
    ],
)
def test_a_clock_is_read_in_seconds(cell, found):
    np.testing.assert_allclose(seconds(pd.Series([cell, "0:00"]), "clock"), [found, 0.0])


@pytest.mark.parametrize(
    ("cell", "after"),
    [
        ("2024-01-01T08:00:00.004", 0.004),
        ("2024-01-01T08:00", 0),
        ("2024-01-01 08:00:00.004+00:00", 0.004),
        ("2024-01-01T10:00:00+0200", 0),
        ("2024-01-01T08:00:00.123456789Z", 0.123456),
        ("2024-01-01 08:00:00,004", 0.004),
        ("2024/01/01 08:00:00.004", 0.004),
        ("2024-01-01 08:00:01 UTC", 1),
        ("[08:00:00.004 01/01/2024]", 0.004),
        ("01/01/2024 08:00:00.004 AM", 0.004),
        ("01.01.2024 08:00:00,004", 0.004),
        ("01-Jan-2024 08:00:00.004", 0.004),
        ("1/1/24 8:00", 0),
        ("01.01.2024", -28800),
        ("31.06.2024 08:00:00", np.nan),
        ("2024-13-01 08:00:00", np.nan),
        ("never", np.nan),
        (np.nan, np.nan),
    ],
)
def test_a_date_is_read_in_seconds_from_1970_on(cell, after):
    assert cell in ("never", np.nan) or is_time(cell)
    column = pd.Series([cell, "2024-01-01T08:00:00"])
    np.testing.assert_allclose(seconds(column, "date") - BASE, [after, 0.0], atol=2e-6)


def test_of_dates_of_one_form_those_of_another_are_read_too():
    column = pd.Series(["05.03.2024 08:00:00.5", "2024-03-05 08:00:01", "x", "5.3.2024 08:00:02"])
    np.testing.assert_allclose(np.diff(seconds(column, "date")), [0.5, np.nan, np.nan])
    assert seconds(column, "date")[3] - seconds(column, "date")[0] == 1.5


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["04/05/2024 10:00:00"], None),
        (["14/05/2024 10:00:00"], True),
        (["05/14/2024 10:00:00"], False),
        (["04/05/2024 10:00:00 AM"], False),
        (["04.05.2024 10:00:00"], True),
        (["05/05/2024 10:00:00"], True),
        (["2024-04-05 10:00:00"], True),
    ],
)
def test_what_is_the_day_of_a_date_is_known_or_not(cells, first):
    assert day_is_first(cells) is first


def test_a_moment_has_the_zone_that_it_names():
    zone = timezone(timedelta(hours=-7))
    assert moment("2024-01-01 09:14:40 -0700") == datetime(2024, 1, 1, 9, 14, 40, tzinfo=zone)
    assert moment("2024-01-01 09:14:40") == datetime(2024, 1, 1, 9, 14, 40)
    assert moment("04/05/2024 10:00:00", day_first=None) is None


@pytest.mark.parametrize(
    ("cells", "style"),
    [(["0:01", "0:02", "x"], "clock"), (["2024-01-01T08:00:00"], "date"), (["a", "b", "0:01"], None), ([], None)],
)
def test_the_style_is_that_of_most_cells(cells, style):
    assert style_of(cells) == style
