import numpy as np
import pytest
import torch

from ecg import cut_annotated_beats
from ecg.formats import wfdb
from examples.heartbeats import RECORDINGS, Heartbeats, choose, interpolated, read_or_make


def test_without_recordings_they_are_made_and_the_later_third_is_new(monkeypatch, tmp_path):
    monkeypatch.setenv("CARDIODE_DATA", str(tmp_path))
    known, new, source = read_or_make(30.0)
    assert source == "synthetic recordings"
    assert len(known.classes) / (len(known.classes) + len(new.classes)) == pytest.approx(2 / 3, abs=0.03)
    assert known.values.shape == (len(known.classes), 187) and 0 <= known.values.min() <= known.values.max() <= 1


def test_recordings_are_read_where_they_are(monkeypatch, mitdb):
    monkeypatch.setenv("CARDIODE_DATA", str(mitdb))
    known, new, source = read_or_make(20.0)
    assert source == "patients of mitdb"
    recording = wfdb.read(mitdb / "mitdb" / RECORDINGS[0])
    beats = cut_annotated_beats(recording)
    early = beats.values[beats.peaks < 20 * recording.fs]
    count = round(2 / 3 * len(early))
    assert np.array_equal(known.values[:count].numpy(), early[:count])
    assert np.array_equal(new.values[: len(early) - count].numpy(), early[count:])


def test_a_beat_ends_where_the_zeros_begin():
    some = Heartbeats(torch.ones(2, 187), torch.tensor([0, 1]), torch.tensor([3, 187]))
    assert some.within.sum(dim=1).tolist() == [3, 187] and some.within[0, :4].tolist() == [1, 1, 1, 0]
    assert some.inside(some.values).isnan().sum(dim=1).tolist() == [184, 0]
    assert some.pick(torch.tensor([1])).lengths.tolist() == [187]


@pytest.mark.parametrize("share", [0.3, 0.6, 1.0])
def test_so_large_a_share_of_the_samples_is_chosen_others_for_each_beat(share):
    chosen = choose(50, share)
    assert set(chosen.flatten().tolist()) <= {0.0, 1.0}
    assert (chosen.sum(dim=1) == np.ceil(share * 187)).all()
    assert len(chosen.unique(dim=0)) == (50 if share < 1 else 1)


def test_straight_lines_go_through_what_was_seen_and_are_right_of_straight_beats():
    beats = torch.linspace(0, 1, 187).expand(4, -1)
    seen = choose(4, 0.3)
    seen[:, 0] = seen[:, -1] = 1
    torch.testing.assert_close(interpolated(beats, seen), beats)
    bent = beats.square()
    assert torch.equal(interpolated(bent, seen)[seen > 0], bent[seen > 0])
