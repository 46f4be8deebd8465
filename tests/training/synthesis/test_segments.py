from dataclasses import replace

import numpy as np

from ecg.synthetic import synthesize
from training.synthesis import segments as pieces
from training.synthesis.segments import part_of, pieces_without_gaps

MADE = synthesize(150, fs=250.0, leads=("MLII", "V1"), seed=1)


def with_gap(start, stop, lead=0):
    signals = MADE.signals.copy()
    signals[lead, start * 250 : stop * 250] = np.nan
    return replace(MADE, signals=signals)


def test_a_recording_without_gaps_is_one_piece():
    (piece,) = pieces_without_gaps(MADE)
    np.testing.assert_array_equal(piece.signals, MADE.signals)
    np.testing.assert_array_equal(piece.beat_annotations().samples, MADE.beat_annotations().samples)
    assert piece.leads == MADE.leads


def test_a_gap_in_either_lead_parts_it_and_what_is_left_too_short_is_left_out():
    for lead in (0, 1):
        (piece,) = pieces_without_gaps(with_gap(20, 30, lead))
        assert piece.seconds == 120 and np.isfinite(piece.signals).all()
        np.testing.assert_array_equal(piece.signals, MADE.signals[:, 30 * 250 :])
    assert pieces_without_gaps(with_gap(50, 100)) == []


def test_a_long_one_is_taken_apart_into_pieces_as_long_as_each_other(monkeypatch):
    monkeypatch.setattr(pieces, "LONGEST_SECONDS", 74.0)
    parts = pieces_without_gaps(replace(MADE, signals=np.tile(MADE.signals, 2)))
    assert [part.seconds for part in parts] == [60.0] * 5


def test_only_the_leads_that_are_looked_at_are_in_it_and_what_is_cut_from_comes_first():
    three = replace(MADE, signals=np.stack([*MADE.signals[::-1], MADE.signals[0]]), leads=("V1", "MLII", "V2"))
    (piece,) = pieces_without_gaps(three)
    assert piece.leads == ("MLII", "V1")


def test_annotations_of_a_part_count_from_its_beginning():
    part = part_of(MADE, 250, 750)
    samples = MADE.beat_annotations().samples
    inside = samples[(samples >= 250) & (samples < 750)]
    np.testing.assert_array_equal(part.beat_annotations().samples, inside - 250)
    assert len(part.beat_annotations().symbols) == len(inside) and part.signals.shape == (2, 500)
