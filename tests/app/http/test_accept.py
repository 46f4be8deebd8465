import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import NotAcceptable
from app.http.accept import preferred

MEDIA_TYPES = JSON, CSV, NDJSON, WFDB = "application/json", "text/csv", "application/x-ndjson", "application/x-wfdb"


def choose(accept):
    return preferred(accept, MEDIA_TYPES)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", JSON),
        (" , ", JSON),
        ("*/*", JSON),
        (", text/csv,", CSV),
        ("APPLICATION/JSON", JSON),
        ("text/csv, application/json", CSV),
        ("application/json, text/csv", JSON),
        ("text/csv;q=0.5, application/json;q=0.500", CSV),
        ("text/csv;q=0.499 , application/json; q=0.5", JSON),
        ("text/csv;header=present;q=1.000, application/json;q=0.999", CSV),
        ("application/*;q=0.9, text/csv;q=0.8", JSON),
        ("application/*, application/json;q=0.1", NDJSON),
        ("*/*, application/json;q=0", CSV),
        ("application/json;q=0, text/*;q=0, */*;q=0.001", NDJSON),
        ("application/x-wfdb, */*;q=0", WFDB),
    ],
)
def test_the_highest_weight_wins_by_the_closest_range_then_the_first_name(accept, kind):
    assert choose(accept) == kind


@pytest.mark.parametrize("weight", ["nan", "inf", "-1", "2", "1.5", "1.001", ".5", "0.1234", "1e-1", "x", "", "\u0660"])
def test_what_is_no_weight_is_as_if_it_were_not_there(weight):
    assert choose(f"text/csv;q={weight}") == CSV
    assert choose(f"application/json;q=0.9, text/csv;q={weight}") == CSV


def test_the_default_of_an_old_client_is_taken():
    assert choose("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2") == JSON


@pytest.mark.parametrize(
    "accept",
    ["image/png", "text/html", "application/json;q=0", "*/*;q=0.000", "text", "*", "image/png,", "text/csv;q=0,5"],
)
def test_where_nothing_fits_what_there_is_is_told(accept):
    with pytest.raises(NotAcceptable, match=r"expected one of: application/json, .*, with a q value above 0"):
        choose(accept)


WEIGHTS = st.integers(0, 1000).map(lambda thousandths: f"{thousandths / 1000:.3f}")


@given(st.lists(st.tuples(st.sampled_from(MEDIA_TYPES), WEIGHTS), min_size=1, unique_by=lambda pair: pair[0]))
def test_what_is_sent_is_never_liked_less_than_another(pairs):
    accept = ", ".join(f"{kind};q={weight}" for kind, weight in pairs)
    highest = max(float(weight) for _, weight in pairs)
    if not highest:
        with pytest.raises(NotAcceptable):
            choose(accept)
    else:
        assert float(dict(pairs)[choose(accept)]) == highest


@given(st.text())
def test_anything_else_is_answered_or_refused(accept):
    with contextlib.suppress(NotAcceptable):
        assert choose(accept) in MEDIA_TYPES
