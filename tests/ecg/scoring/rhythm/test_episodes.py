import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg.errors import InvalidComparison
from ecg.scoring.rhythm import Episodes, compare_episodes
from tests.ecg.scoring.rhythm.made import annotations_of

AF = "1000 + (AFIB, 3000 + (N, 5000 + (AFIB, 6000 + (AFL"


def compared(reference, test, rhythm="AF", **options):
    return compare_episodes(reference, test, 100.0, rhythm, **({"start": 0.0, "end": 100.0} | options))


def test_equal_annotations_agree_in_every_episode_and_sample(marks):
    both = compared(marks(AF), marks(AF))
    assert both.reference == both.test == Episodes(matched=2, unmatched=0, duration=3000, overlap=3000)
    assert both.reference.share.value == both.test.duration_share.value == 1


def test_an_episode_is_matched_by_any_overlap_and_its_duration_by_what_overlaps(marks):
    both = compared(marks(AF), marks("2900 + (AFIB, 3500 + (N, 4000 + (AFIB, 4500 + (N"))
    assert both.reference == Episodes(matched=1, unmatched=1, duration=3000, overlap=100)
    assert both.test == Episodes(matched=1, unmatched=1, duration=1100, overlap=100)


def test_one_episode_may_match_several_of_the_other(marks):
    both = compared(marks(AF), marks("500 + (AFIB, 7000 + (N"))
    assert (both.reference.matched, both.test.matched) == (2, 1)
    assert both.reference.overlap == both.test.overlap == 3000


def test_where_nothing_is_there_shares_are_undefined(marks):
    both = compared(marks("100 N"), marks("100 N"))
    assert both.reference.share.value is both.test.duration_share.value is None


def test_ventricular_fibrillation_lies_between_brackets_whatever_rhythms_are_named(marks):
    marked = marks("1000 [, 1500 + (VFL, 2000 ], 3000 + (VFL, 4000 + (N")
    assert compared(marked, marked, "VF").reference == Episodes(1, 0, 1000, 1000)


def test_what_begins_again_goes_on(marks):
    marked = marks("1000 + (AFIB, 2000 + (AFIB, 3000 + (N")
    assert compared(marked, marked).reference == Episodes(1, 0, 2000, 2000)


def test_an_episode_that_nothing_ends_lasts_to_the_end_or_to_the_last_annotation(marks):
    marked = marks("1000 + (AFIB, 12000 N")
    assert compared(marked, marked).reference.duration == 9000
    assert compared(marked, marked, end=None).reference.duration == 11_000


def test_what_lies_before_the_start_or_after_the_end_does_not_count(marks):
    both = compared(marks(AF), marks(AF), start=20.0, end=55.0)
    assert both.reference == both.test == Episodes(matched=2, unmatched=0, duration=1500, overlap=1500)
    assert compared(marks(AF), marks(AF), start=61.0).reference == Episodes(0, 0, 0, 0)


def test_episodes_that_are_shorter_than_asked_for_do_not_count(marks):
    assert compared(marks(AF), marks(AF), shortest=15.0).reference == Episodes(1, 0, 2000, 2000)


def test_annotations_without_notes_have_no_atrial_fibrillation():
    bare = annotations_of([(100, "+", 0, ""), (200, "N", 0, "")], notes=False)
    assert compared(bare, bare).reference == Episodes(0, 0, 0, 0)


@pytest.mark.parametrize("options", [{"start": -1.0}, {"shortest": float("nan")}, {"start": 5.0, "end": 4.0}])
def test_times_that_make_no_sense_are_refused(marks, options):
    with pytest.raises(InvalidComparison):
        compared(marks(AF), marks(AF), **options)


CHANGES = st.lists(st.tuples(st.integers(1, 9000), st.sampled_from(["(AFIB", "(N", "(AFL"])), max_size=12)


@given(CHANGES, CHANGES)
def test_both_sides_overlap_by_as_much_and_never_by_more_than_they_last(ours, theirs):
    sides = [annotations_of(sorted((sample, "+", 0, note) for sample, note in side)) for side in (ours, theirs)]
    both = compared(*sides)
    assert both.reference.overlap == both.test.overlap <= min(both.reference.duration, both.test.duration)
    swapped = compared(*sides[::-1])
    assert (swapped.reference, swapped.test) == (both.test, both.reference)
