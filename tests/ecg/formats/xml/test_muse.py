from datetime import datetime

import numpy as np
import pytest

from ecg import UnreadableRecording
from ecg.formats import open_files
from ecg.formats.xml import open_muse
from ecg.reading import LeadRead, ReadOptions
from tests.ecg.formats.xml.documents import muse

DOCTYPE = "<!DOCTYPE RestingECG SYSTEM 'restecg.dtd'>"


def test_what_was_written_is_read_back(made, microvolts, write):
    recording = open_files([write(muse(microvolts, before=DOCTYPE), "made")]).read()
    assert (recording.leads, recording.fs, recording.warnings) == (("II", "V1"), 250, ())
    assert recording.read_as.leads[1] == LeadRead("V1", "uV", "file", 2)
    assert recording.begun == datetime(2019, 12, 31, 23, 59, 58)
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)


def test_it_is_read_as_ecgdatakit_reads_it(microvolts, write, read_by_ecgdatakit):
    file = write(muse(microvolts, gain="4.88", before=DOCTYPE))
    np.testing.assert_allclose(open_muse(file).read().signals, list(read_by_ecgdatakit(file).values()), rtol=1e-6)


def test_nothing_of_the_patient_is_shown(microvolts, write):
    shown = repr(open_muse(write(muse(microvolts))).read())
    assert not any(word in shown for word in ("Mustermann", "Erika", "0815", "1951"))


def test_a_median_beat_is_none_of_the_leads(microvolts, write):
    with pytest.raises(UnreadableRecording, match="holds no rhythm; a median beat"):
        open_muse(write(muse(microvolts, kind="Median")))


def test_samples_that_are_missing_are_warned_of(made, microvolts, write):
    recording = open_muse(write(muse(microvolts, count=6000))).read()
    assert {warning.kind for warning in recording.warnings} == {"truncated"}
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)
    with pytest.raises(UnreadableRecording, match="II has 5,000 samples, it says 6,000"):
        open_muse(write(muse(microvolts, count=6000)), ReadOptions(strict=True))


def test_a_unit_that_is_not_stated_is_guessed(made, microvolts, write):
    recording = open_muse(write(muse(microvolts, unit=""))).read()
    assert {warning.kind for warning in recording.warnings} == {"unit_guessed"}
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"fs": "fast"}, "got 'fast' for the SampleBase, expected a number"),
        ({"gain": "much"}, "got 'much' for the LeadAmplitudeUnitsPerBit of II"),
        ({"LeadSampleSize": 4}, "has samples of 4 bytes, expected 2"),
        ({"WaveFormData": "a"}, "its samples are no base64"),
        ({"signals": {}}, "holds no stretches of signals"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_wrong(changed, message, microvolts, write):
    with pytest.raises(UnreadableRecording, match=message):
        open_muse(write(muse(**{"signals": microvolts} | changed)))
