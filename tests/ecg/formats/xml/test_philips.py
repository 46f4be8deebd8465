from datetime import datetime

import numpy as np
import pytest
import sierraecg
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import LargeRecording, UnreadableRecording
from ecg.formats import open_files
from ecg.formats.xml import open_philips
from ecg.formats.xml.philips import STANDARD
from ecg.formats.xml.xli import unpack_leads
from ecg.reading import LeadRead, ReadOptions
from tests.ecg.formats.xml.documents import philips, xli


@pytest.fixture
def twelve(microvolts):
    """Leads as a hospital has them: III, aVR, aVL and aVF follow from I and II, but for a little noise."""
    one, two = microvolts["II"], microvolts["V1"]
    noise = np.random.default_rng(0).integers(-3, 4, (4, len(one)))
    limbs = np.array([two - one, -(one + two) // 2, one - two // 2, two - one // 2]) + noise
    chest = [two * n // 4 for n in range(1, 7)]
    return dict(zip(STANDARD, [one, two, *limbs, *chest], strict=True))


@pytest.mark.parametrize("packed", [True, False])
def test_what_was_written_is_read_back(packed, twelve, write):
    recording = open_files([write(philips(twelve, packed=packed), "made")]).read()
    assert (recording.leads, recording.fs, recording.warnings) == (STANDARD, 250, ())
    assert recording.read_as.leads[1] == LeadRead("II", "uV", "file", 2)
    assert recording.begun == datetime(2019, 12, 31, 23, 59, 58)
    np.testing.assert_allclose(recording.signals * 1000, list(twelve.values()), atol=1e-2)


@pytest.mark.parametrize("packed", [True, False])
def test_it_is_read_as_ecgdatakit_reads_it(packed, twelve, write, read_by_ecgdatakit):
    file = write(philips(twelve, packed=packed, resolution="5"))
    np.testing.assert_allclose(open_philips(file).read().signals, list(read_by_ecgdatakit(file).values()), rtol=1e-6)


def test_it_is_read_as_sierraecg_reads_it(twelve, write):
    file = write(philips(twelve))
    theirs = [lead.samples for lead in sierraecg.read_file(str(file)).leads]
    np.testing.assert_allclose(open_philips(file).read().signals * 1000, theirs, atol=1e-2)


def test_nothing_of_the_patient_is_shown(twelve, write):
    shown = repr(open_philips(write(philips(twelve))).read())
    assert not any(word in shown for word in ("Mustermann", "Erika", "0815", "1951"))


@given(st.lists(st.integers(-(2**13), 2**13), min_size=4, max_size=300))
@settings(max_examples=50, deadline=None)
def test_what_is_packed_is_unpacked(values):
    signal = np.cumsum(np.array(values) // 64)
    (read,) = unpack_leads("made", xli(signal), len(signal))
    assert read.tolist() == signal.tolist()


def test_samples_that_are_missing_are_warned_of(twelve, write):
    recording = open_philips(write(philips(twelve, packed=False, length=5100))).read()
    assert [warning.kind for warning in recording.warnings] == ["truncated"]
    with pytest.raises(UnreadableRecording, match="not all of its 12 leads have 5,100 samples"):
        open_philips(write(philips(twelve, packed=False, length=5100)), ReadOptions(strict=True))


def test_leads_without_names_are_those_of_a_hospital(twelve, write):
    assert open_philips(write(philips(twelve, leadlabels=""))).leads == STANDARD


def test_a_resolution_that_is_not_stated_is_guessed(twelve, write):
    recording = open_philips(write(philips(twelve, resolution=""))).read()
    assert {warning.kind for warning in recording.warnings} == {"unit_guessed"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"dataencoding": "Plain"}, "holds samples as Plain, packed by XLI, expected Base64"),
        ({"compression": "ZIP"}, "packed by ZIP"),
        ({"durationperchannel": "long"}, "got 'long' for the duration"),
        ({"durationperchannel": "0"}, "says 0 s of 250 samples a second"),
        ({"durationperchannel": "1e9"}, "says 1e.06 s"),
        ({"resolution": "fine"}, "got 'fine' for the resolution"),
        ({"signals": {}, "leadlabels": ""}, "says 0 leads, expected 1 to 64"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_wrong(changed, message, twelve, write):
    attributes = {"signals": twelve} | changed
    if attributes["signals"] == {}:
        content = philips(twelve, leadlabels="").replace(b"allocated>12<", b"allocated>0<")
    else:
        content = philips(**attributes)
    with pytest.raises(UnreadableRecording, match=message):
        open_philips(write(content))


def test_what_unpacks_to_more_than_is_said_is_refused(twelve, write):
    with pytest.raises(LargeRecording, match=r"a packed lead \(XLI\) has over 1,000 samples, which it says it has"):
        open_philips(write(philips(twelve, length=1000)))


def test_codes_that_stand_for_nothing_are_refused():
    with pytest.raises(UnreadableRecording, match=r"a packed lead \(XLI\) has the code 1020, which stands for nothing"):
        list(unpack_leads("made", b"\x02\0\0\0\0\0\0\0" + b"\xff\x00", 100))
    with pytest.raises(UnreadableRecording, match=r"a packed lead \(XLI\) has -1 bytes"):
        list(unpack_leads("made", b"\xff\xff\xff\xff\0\0\0\0", 100))
