import shutil

import numpy as np
import pytest

from app.registry.models import Registry, ServedModels
from app.settings import Settings
from cardiode import AnnotatedRecording, Classifier, RecordingWarning, annotate
from cardiode.annotation import DEFAULT_MODEL
from ecg import EcgError, choose_leads
from ecg.formats import wfdb as wfdb_format
from ecg.synthetic import synthesize
from models import ModelError, Plan, annotate_recording, zoo
from tests.training.synthetic import write_wfdb


@pytest.fixture(scope="module")
def header(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recording")
    write_wfdb(synthesize(60, fs=250.0, ectopic={"V": 0.2}, leads=("MLII", "V1"), seed=3), folder, "night")
    return folder / "night.hea"


@pytest.fixture(scope="module")
def found(header):
    return annotate(header)


def test_a_recording_is_annotated_as_the_model_of_recordings_does_it(found, header):
    recording = wfdb_format.read(header.with_suffix(""))
    plan = Plan.of(Classifier.load("rhythm"), "recording")
    labels = [
        label for part in annotate_recording(plan, recording, choose_leads(recording)) for label in part.beats.labels
    ]
    assert isinstance(found, AnnotatedRecording)
    assert found.beats.labels == labels and {"N", "V"} <= set(labels)
    assert found.rhythm.heart_rate.mean == pytest.approx(60 * len(labels) / 60, rel=0.15)
    assert found.segments[0].judged and found.recording.fs == 250.0


def test_the_table_has_a_row_a_beat_as_the_csv_has(found, tmp_path):
    table = found.to_dataframe()
    assert table["label"].tolist() == found.beats.labels
    assert np.allclose(table["sample"], found.beats.found.peaks)
    assert table.columns.tolist() == found.save(tmp_path).read_text().splitlines()[0].split(",")


@pytest.mark.parametrize(("form", "name"), [("csv", "night.csv"), ("json", "night.json"), ("wfdb", "night.cde")])
def test_it_is_saved_in_each_form_into_a_folder_that_is_made(found, form, name, tmp_path):
    file = found.save(tmp_path / "new" / "results", form)
    assert file == tmp_path / "new" / "results" / name and file.stat().st_size > 100


def test_an_unknown_form_is_refused_and_nothing_is_written(found, tmp_path):
    with pytest.raises(ValueError, match=r"got the format 'xml', expected one of json, csv"):
        found.save(tmp_path, "xml")
    assert not list(tmp_path.iterdir())


def test_the_recording_itself_is_not_written_over(tmp_path):
    signal = synthesize(30, seed=1)
    file = tmp_path / "mine.csv"
    np.savetxt(file, signal.signals.T, delimiter=",", header=",".join(signal.leads), comments="")
    before = file.read_bytes()
    with pytest.raises(FileExistsError, match="is the recording itself"):
        annotate(file, fs=signal.fs, unit="mV").save(tmp_path)
    assert file.read_bytes() == before


def test_lead_rate_unit_and_model_are_taken_as_given(header):
    other = annotate(header, model="resnet", lead="V1")
    assert other.recording.leads[other.whole.lead] == "V1" and other.whole.plan.classifier.identity.name == "resnet"
    assert annotate(header, fs=125.0, model=Classifier.load("resnet")).recording.seconds == pytest.approx(120, abs=0.1)


def test_the_default_model_is_that_of_the_command_and_the_service(monkeypatch):
    monkeypatch.delenv("CARDIODE_MODELS", raising=False)
    plan = Registry(ServedModels.load(Settings().model_names)).plan("recording", None, None, 1.0)
    assert plan.classifier.identity.name == DEFAULT_MODEL


def test_a_checkpoint_that_is_replaced_is_read_anew(header, tmp_path):
    file = tmp_path / "mine.safetensors"
    for name in ("resnet", "rhythm"):
        shutil.copy(zoo.FOLDER / name / "checkpoint.safetensors", file)
        assert annotate(header, model=file).whole.plan.classifier.identity.name == name


def test_what_is_odd_about_a_file_is_a_warning(tmp_path):
    signal = synthesize(30, seed=1)
    file = tmp_path / "microvolts.csv"
    np.savetxt(file, 1000 * signal.signals.T, delimiter=",", header=",".join(signal.leads), comments="")
    with pytest.warns(RecordingWarning, match=r"microvolts\.csv: .*uV"):
        found = annotate(file, fs=signal.fs)
    assert len(found.beats) > 20 and found.reason is None


def test_what_is_no_ecg_has_no_beats_and_says_why(tmp_path):
    file = tmp_path / "flat.csv"
    np.savetxt(file, np.zeros((10_000, 1)), header="II", comments="")
    found = annotate(file, fs=250.0, unit="mV")
    assert len(found.beats) == 0 and found.reason and len(found.to_dataframe()) == 0


def test_it_is_saved_though_the_file_is_gone_by_then(tmp_path):
    write_wfdb(synthesize(30, seed=1), tmp_path, "gone")
    found = annotate(tmp_path / "gone.hea", model="resnet")
    found.save(tmp_path)
    (tmp_path / "gone.hea").unlink()
    assert found.save(tmp_path).exists()


def test_what_cannot_be_done_says_why(header, tmp_path):
    with pytest.raises(EcgError, match="V9"):
        annotate(header, lead="V9")
    with pytest.raises(ModelError, match="nothing"):
        annotate(header, model="nothing")
    with pytest.raises(EcgError):
        annotate(tmp_path / "missing.edf")
