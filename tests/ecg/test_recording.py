import pytest

from ecg import MissingAnnotations, Recording, UnknownLead
from ecg.synthetic import synthesize


def test_a_lead_is_found_by_its_name():
    recording = synthesize(2, leads=("MLII", "V1"))
    assert (recording.lead("V1") == recording.signals[1]).all()


def test_an_unknown_lead_is_named_together_with_those_there_are():
    with pytest.raises(UnknownLead, match="MLII, V1, not aVR"):
        synthesize(2, leads=("MLII", "V1")).lead("aVR")


def test_a_recording_without_annotations_says_which_file_is_missing():
    made = synthesize(2)
    with pytest.raises(MissingAnnotations, match=r"\.atr"):
        Recording(made.name, made.signals, made.leads, made.fs).beat_annotations()
