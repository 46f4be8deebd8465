import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import LABELS, Annotations, label_of
from ecg.matching import MATCH_SECONDS, labels_at


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 2000), max_size=30).map(sorted),
    st.lists(st.tuples(st.integers(0, 2000), st.sampled_from("NVAF/+~|")), max_size=30).map(sorted),
    st.sampled_from([100.0, 250.0, 360.0]),
)
def test_a_peak_gets_the_label_of_the_nearest_annotated_beat_within_150_ms(peaks, marks, fs):
    annotations = Annotations(np.array([s for s, _ in marks], np.int64), [symbol for _, symbol in marks])
    labels = labels_at(np.array(peaks, np.int64), annotations, fs)
    assert len(labels) == len(peaks)
    for peak, label in zip(peaks, labels.tolist(), strict=True):
        beats = [(abs(sample - peak), LABELS.index(label_of(symbol))) for sample, symbol in marks if label_of(symbol)]
        near = [(away, which) for away, which in beats if away <= MATCH_SECONDS * fs]
        nearest = {which for away, which in near if away == min(near)[0]}
        assert label in nearest if near else label == -1


def test_of_two_beats_as_near_the_earlier_lends_its_label():
    annotations = Annotations(np.array([90, 110]), ["N", "V"])
    assert labels_at(np.array([100]), annotations, 250.0).tolist() == [LABELS.index("N")]
