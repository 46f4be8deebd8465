import time

import pytest
from starlette.testclient import TestClient

from app import service
from app.errors import UnknownBeat, UnknownRecording
from app.recordings.store import RecordingStore, new_id
from app.settings import Settings
from ecg import workspace as workspaces
from ecg.synthetic import synthesize
from ecg.workspace import Workspace
from models import AnnotatedBeats, AnnotatedRecording, Plan

MADE = synthesize(10, seed=1)


@pytest.fixture
def keep(tmp_path, monkeypatch, served):
    monkeypatch.setattr(workspaces, "_folder_of_process", lambda _: tmp_path)

    def keep(kept, name):
        whole = AnnotatedRecording(MADE, Plan(served.by_name["resnet"], None), (0,), AnnotatedBeats.joined([]), None)
        workspace = Workspace()
        kept.keep(name, workspace, whole)
        workspace.close()
        return workspace

    return keep


def test_the_one_that_was_not_looked_at_longest_makes_place(keep):
    kept = RecordingStore(2, 100)
    keep(kept, "a")
    keep(kept, "b")
    kept.find("a")
    keep(kept, "c")
    assert kept.find("a").id == "a" and kept.find("c").id == "c"
    with pytest.raises(UnknownRecording, match="'b'"):
        kept.find("b")


def test_one_whose_time_is_over_is_gone_and_its_files_too(keep, tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("app.recordings.store.time.monotonic", lambda: now[0])
    kept = RecordingStore(5, 100)
    keep(kept, "a")
    now[0] += 90
    kept.find("a")  # which gives it another hundred
    now[0] += 90
    assert kept.find("a")
    assert len(list(tmp_path.iterdir())) == 1
    now[0] += 101
    with pytest.raises(UnknownRecording):
        kept.find("a")
    assert list(tmp_path.iterdir()) == []


def test_no_two_ids_are_alike():
    assert len({new_id() for _ in range(1000)}) == 1000


def test_all_are_deleted_at_the_end_expired_ones_too(keep, tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("app.recordings.store.time.monotonic", lambda: now[0])
    kept = RecordingStore(5, 100)
    keep(kept, "a")
    now[0] += 101
    kept.close()
    assert list(tmp_path.iterdir()) == []


def test_a_beat_that_a_recording_does_not_have_is_refused_by_its_number(keep):
    kept = RecordingStore(5, 100)
    keep(kept, "a")
    with pytest.raises(UnknownBeat, match="got the beat number 3 of the recording, expected none"):
        kept.find("a").check_beat(3)


def test_one_whose_time_is_over_goes_though_nobody_asks_for_it(served, tmp_path, monkeypatch):
    monkeypatch.setattr(workspaces, "_folder_of_process", lambda _: tmp_path)
    monkeypatch.setattr(service, "FORGET_SECONDS", 0.01)
    body = {"signals": {"II": MADE.signals[0].tolist()}, "fs": MADE.fs, "keep": True}
    with TestClient(service.create(served, Settings(keep_seconds=1, workers=1))) as client:
        assert client.post("/recordings", json=body).status_code == 200
        limit = time.monotonic() + 60
        while list(tmp_path.iterdir()):
            assert time.monotonic() < limit
            time.sleep(0.01)
