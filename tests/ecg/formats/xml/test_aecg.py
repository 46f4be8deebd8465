import shutil
import subprocess
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import EcgError, UnreadableRecording
from ecg.formats import open_files
from ecg.formats.xml import open_aecg
from ecg.reading import LeadRead, ReadOptions
from tests.ecg.formats.xml.documents import aecg, sequence_set


def test_what_was_written_is_read_back(made, microvolts, write):
    recording = open_files([write(aecg([("RHYTHM", [sequence_set(microvolts)])]), "made")]).read()
    assert (recording.leads, recording.fs, recording.warnings) == (("II", "V1"), 250, ())
    assert recording.read_as.leads[1] == LeadRead("V1", "uV", "file", 2)
    assert recording.begun == datetime(2019, 12, 31, 23, 59, 58, 500_000)
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)


def test_scale_and_origin_make_the_values(microvolts, write):
    sets = sequence_set({"aVR": microvolts["II"]}, scale="2.5", origin="-10", increment="4", time_unit="ms")
    recording = open_aecg(write(aecg([("RHYTHM", [sets])]))).read()
    assert (recording.leads, recording.fs) == (("aVR",), 250)
    np.testing.assert_allclose(recording.signals[0] * 1000, microvolts["II"] * 2.5 - 10, rtol=1e-5)


def test_it_is_read_as_ecgdatakit_reads_it(microvolts, write, read_by_ecgdatakit):
    file = write(aecg([("RHYTHM", [sequence_set(microvolts, scale="2.5")])]))
    np.testing.assert_allclose(open_aecg(file).read().signals, list(read_by_ecgdatakit(file).values()), rtol=1e-6)


def test_what_biosig_writes_is_read(made, write_edf, tmp_path):
    if shutil.which("save2gdf") is None:
        pytest.skip("BioSig is not installed (apt-get install biosig-tools)")
    written = tmp_path / "made.aecg"
    subprocess.run(["save2gdf", "-f=HL7aECG", write_edf(leads=("II", "V1")), written], check=True, capture_output=True)
    recording = open_files([written]).read()
    assert (recording.leads, recording.fs) == (("II", "V1"), 250)
    np.testing.assert_allclose(recording.signals, made.signals, atol=2e-3)


def test_sets_that_follow_each_other_have_a_gap_between(microvolts, write):
    parts = [{name: signal[:1000] for name, signal in microvolts.items()}] * 2
    sets = [
        sequence_set(part, head=head) for part, head in zip(parts, ("20191231235958", "20200101000004"), strict=True)
    ]
    signals = open_aecg(write(aecg([("RHYTHM", sets)]))).read().signals * 1000
    assert signals.shape == (2, 2500)
    np.testing.assert_allclose(signals[0, 1500:], microvolts["II"][:1000], atol=1e-3)
    assert np.isnan(signals[:, 1000:1500]).all()


def test_a_mean_beat_is_none_of_the_leads(microvolts, write):
    sets = [sequence_set(microvolts)]
    assert open_aecg(write(aecg([("REPRESENTATIVE_BEAT", sets), ("RHYTHM", sets)]))).leads == ("II", "V1")
    with pytest.raises(UnreadableRecording, match="holds no rhythm; a mean beat"):
        open_aecg(write(aecg([("REPRESENTATIVE_BEAT", sets)])))


def test_a_zone_is_kept(microvolts, write):
    begun = open_aecg(write(aecg([("RHYTHM", [sequence_set(microvolts, head="20191231235958+0130")])]))).begun
    assert begun == datetime(2019, 12, 31, 23, 59, 58, tzinfo=timezone(timedelta(minutes=90)))
    sets = [sequence_set(microvolts, head=head) for head in ("20191231235958+0130", "20200101000058")]
    assert open_aecg(write(aecg([("RHYTHM", sets)]))).begun == datetime(2019, 12, 31, 23, 59, 58)
    assert open_aecg(write(aecg([("RHYTHM", [sequence_set(microvolts, head="")])]))).begun is None


def test_nothing_of_the_patient_is_shown(microvolts, write):
    shown = repr(open_aecg(write(aecg([("RHYTHM", [sequence_set(microvolts)])]))).read())
    assert not any(word in shown for word in ("Mustermann", "Erika", "0815", "1951"))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"increment": "0"}, "got a sample each 0 s, expected one of: s, ms, us"),
        ({"increment": "fast"}, "got 'fast' for the time between samples, expected a number"),
        ({"increment": ""}, "got '' for the time between samples"),
        ({"time_unit": "h"}, "got a sample each 0.004 h"),
        ({"scale": "x"}, "got 'x' for the scale of II"),
        ({"origin": "inf"}, "got 'inf' for the origin of II"),
        ({"signals": {"II": ["one"]}}, "its samples are no numbers"),
        ({"signals": {"II": []}}, "holds no stretches of signals"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_wrong(changed, message, microvolts, write):
    file = write(aecg([("RHYTHM", [sequence_set(**{"signals": microvolts} | changed)])]))
    with pytest.raises(UnreadableRecording, match=message):
        open_aecg(file)


def test_a_rate_that_is_not_stated_is_taken_from_the_caller(microvolts, write):
    file = write(aecg([("RHYTHM", [sequence_set(microvolts, increment="")])]))
    assert open_aecg(file, ReadOptions(fs=500)).fs == 500


def test_entities_are_refused(microvolts, write):
    bomb = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
    with pytest.raises(UnreadableRecording, match="declares entities, which no recording needs"):
        open_files([write(aecg([("RHYTHM", [sequence_set(microvolts)])], before=bomb))])
    outside = "<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>"
    with pytest.raises(UnreadableRecording, match="declares entities"):
        open_files([write(aecg([], patient="&a;", before=outside))])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_mangled_document_gives_a_recording_or_a_clear_error(tmp_path_factory, data):
    content = bytearray(aecg([("RHYTHM", [sequence_set({"II": range(200), "V1": range(200)})])]))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + 1] = data.draw(st.binary(min_size=1, max_size=1))
    file = tmp_path_factory.mktemp("mangled") / "made.xml"
    file.write_bytes(bytes(content))
    try:
        recording = open_aecg(file).read(10**6)
    except EcgError as error:
        assert str(error)
    else:
        assert recording.signals.shape[0] == len(recording.leads)
