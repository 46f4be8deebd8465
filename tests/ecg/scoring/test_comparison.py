import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import Annotations, InvalidComparison, choose_leads, find_beats
from ecg.formats import wfdb
from ecg.scoring import CLASS_OF_IN_LITERATURE, QRS, SVEB, VEB, Ratio, Summary, compare, count
from tests.ecg.scoring.against_bxb import mistaken, synthetic_cases
from training.data.databases import PACED, RECORDINGS

FS = 360.0
WINDOW = 54
BEATS = "NLRBAaJSejnVErF/fQ?"


def beats(least_gap=1):
    """Beats of any class: how far each is from the one before, and its symbol."""
    return st.lists(st.tuples(st.integers(least_gap, 4 * WINDOW + least_gap), st.sampled_from(BEATS)), max_size=40)


def annotator(drawn):
    gaps, symbols = zip(*drawn, strict=True) if drawn else ((), ())
    return Annotations(np.cumsum(np.array(gaps, np.int64)), symbols)


def whole(reference, test, **options):
    """Compared from the first to the last sample of either."""
    return compare(reference, test, FS, start=0.0, end=1000.0, **options).confusion


def shifted(annotations, samples):
    return Annotations(annotations.samples + samples, annotations.symbols)


def test_synthetic_annotations_are_counted_as_bxb_counts_them():
    cases = synthetic_cases()
    assert len(cases) == 44
    for case in cases:
        confusion = case.comparison.confusion.tolist()
        assert [*confusion[:5], confusion[5][:5], confusion[6][:5]] == case.matrix, case.comparison.name


@given(beats())
@settings(max_examples=200, deadline=None)
def test_a_perfect_annotator_is_right_in_everything(drawn):
    perfect = annotator(drawn)
    told = compare(perfect, perfect, FS, start=0.0, end=1000.0)
    assert told.confusion.trace() == told.confusion.sum() == len(perfect.samples)
    for performance in (told.qrs, told.veb, told.sveb):
        assert performance.sensitivity.value in (None, 1)
        assert performance.positive_predictivity.value in (None, 1)
    assert told.veb.false_positive_rate is not None and told.veb.false_positive_rate.part == 0
    assert told.interval_error in (None, 0)


@given(beats(), beats())
@settings(max_examples=300, deadline=None)
def test_every_beat_of_both_is_counted_once(one, other):
    reference, test = annotator(one), annotator(other)
    confusion = whole(reference, test)
    assert count(confusion, ("NSVFQ", "nsvfqox")) == len(reference.samples)
    assert count(confusion, ("NSVFQOX", "nsvfq")) == len(test.samples)
    assert count(confusion, ("OX", "ox")) == 0


@given(beats(), beats())
@settings(max_examples=300, deadline=None)
def test_whoever_is_the_reference_the_same_beats_are_paired(one, other):
    reference, test = annotator(one), annotator(other)
    np.testing.assert_array_equal(whole(reference, test), whole(test, reference).T)


@given(beats(least_gap=3 * WINDOW), st.integers(0, WINDOW))
@settings(max_examples=100, deadline=None)
def test_a_shift_within_the_window_changes_nothing(drawn, shift):
    reference = annotator(drawn)
    np.testing.assert_array_equal(whole(reference, shifted(reference, shift)), whole(reference, reference))


@given(beats(least_gap=3 * WINDOW), st.integers(WINDOW + 1, 2 * WINDOW - 1))
@settings(max_examples=100, deadline=None)
def test_a_shift_beyond_it_misses_every_beat(drawn, shift):
    reference = annotator(drawn)
    confusion = whole(reference, shifted(reference, shift))
    beats = len(reference.samples)
    assert count(confusion, ("NSVFQ", "o")) == count(confusion, ("O", "nsvfq")) == beats
    assert confusion.sum() == 2 * beats


def test_the_window_is_150_ms_unless_another_is_asked_for(marks):
    assert QRS.of(whole(marks("1000 N"), marks("1054 N"))).sensitivity == Ratio(1, 1)
    assert QRS.of(whole(marks("1000 N"), marks("1055 N"))).sensitivity == Ratio(0, 1)
    assert QRS.of(whole(marks("1000 N"), marks("1055 N"), window=0.2)).sensitivity == Ratio(1, 1)


def test_the_first_five_minutes_are_for_learning(marks):
    line = "107999 V, 108000 N, 108500 N"
    assert compare(marks(line), marks(line), FS, end=1000.0).confusion.sum() == 2
    assert compare(marks(line), marks(line), FS, start=0.0, end=1000.0).confusion.sum() == 3


def test_the_end_is_part_of_what_is_compared(marks):
    line = "360 N, 720 N, 721 V"
    assert compare(marks(line), marks(line), FS, start=0.0, end=2.0).confusion.sum() == 2


def test_escape_beats_are_what_the_caller_takes_them_for(marks):
    line = "1000 e, 2000 j"
    assert SVEB.of(whole(marks(line), marks(line))).sensitivity == Ratio(2, 2)
    assert SVEB.of(whole(marks(line), marks(line), class_of=CLASS_OF_IN_LITERATURE)).sensitivity == Ratio(0, 0)


def test_the_interval_error_is_the_root_mean_square_in_ms(marks):
    told = compare(marks("360 N, 720 N, 1080 N"), marks("360 N, 756 N, 1080 N"), FS, start=0.0, end=10.0)
    assert told.interval_error == pytest.approx(100)
    assert compare(marks("360 N"), marks("360 N"), FS, start=0.0, end=10.0).interval_error is None


def test_shutdown_is_told_in_whole_seconds(marks):
    shut = marks("360 N, 400 ~ 48, 939 ~, 1080 N")
    assert compare(marks("360 N"), shut, FS, start=0.0, end=10.0).shutdown == 1
    assert compare(marks("360 N"), marks("360 N, 400 ~ 48, 940 ~"), FS, start=0.0, end=10.0).shutdown == 2


def test_one_that_stays_open_lasts_to_the_end_where_that_is_known(marks):
    shut = marks("360 N, 720 ~ 48")
    assert compare(marks("360 N"), shut, FS, start=0.0, end=10.0).shutdown == 8
    assert compare(marks("360 N"), shut, FS, start=0.0).shutdown == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"fs": 0.0}, "a rate of 0.0 Hz"),
        ({"fs": float("nan")}, "a rate of nan Hz"),
        ({"start": -1.0}, "a start of -1.0 s"),
        ({"window": float("inf")}, "a window of inf s"),
        ({"start": 10.0, "end": 9.0}, "an end of 9.0 s"),
        ({"start": 0.0, "end": 0.0}, "an end of 0.0 s"),
    ],
)
def test_what_makes_no_sense_is_refused(marks, options, told):
    with pytest.raises(InvalidComparison, match=told):
        compare(marks("100 N"), marks("100 N"), **({"fs": FS} | options))


def test_mitdb_against_itself_is_perfect_and_has_the_beats_that_bxb_counts(mitdb):
    """Those of the recordings without pacemakers are also the totals of a published report of sumstats."""
    compared = {}
    for name in RECORDINGS:
        marks = wfdb.read_annotations(mitdb / "mitdb" / name, "atr")
        compared[name] = compare(marks, marks, FS, name=name, end=650_000 / FS)
    everything = Summary(list(compared.values()))
    assert everything.gross(QRS.sensitivity) == Ratio(91_285, 91_285)
    assert everything.gross(VEB.sensitivity) == Ratio(6_101, 6_101)
    assert everything.gross(SVEB.sensitivity) == Ratio(2_745, 2_745)
    assert everything.confusion.trace() == everything.confusion.sum()
    unpaced = Summary([comparison for name, comparison in compared.items() if name not in PACED])
    assert unpaced.gross(QRS.sensitivity) == Ratio(83_978, 83_978)
    assert unpaced.gross(VEB.sensitivity) == Ratio(5_900, 5_900)
    assert unpaced.gross(SVEB.sensitivity) == Ratio(2_745, 2_745)


def test_an_annotator_that_is_mistaken_on_mitdb_is_told_apart_from_a_perfect_one(mitdb):
    marks = wfdb.read_annotations(mitdb / "mitdb" / "100", "atr")
    told = compare(marks, mistaken(marks), FS, end=650_000 / FS)
    assert 0.9 < (told.qrs.sensitivity.value or 0) < 0.95


def test_our_own_beats_of_a_recording_are_found(mitdb):
    recording = wfdb.read(mitdb / "mitdb" / "100")
    peaks = np.concatenate([part.beats.peaks for part in find_beats(recording, choose_leads(recording))])
    found = Annotations(peaks.astype(np.int64), ("N",) * len(peaks))
    told = compare(recording.beat_annotations(), found, recording.fs, end=recording.seconds)
    assert (told.qrs.sensitivity.value or 0) > 0.99
    assert (told.qrs.positive_predictivity.value or 0) > 0.99
    assert VEB.of(told.confusion).sensitivity.part == 0
