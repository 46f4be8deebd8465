import threading

import pytest

from app.batching.limiter import Busy, Places
from app.recordings.store import Decided, KeptRecordings, UnknownRecording, new_id
from app.recordings.workspace import Workspace
from ecg.synthetic import synthesize
from models import AnnotatedBeats, AnnotatedRecording

MADE = synthesize(10, seed=1)


@pytest.fixture
def keep(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def keep(kept, name):
        whole = AnnotatedRecording(MADE, 0, AnnotatedBeats.joined([]), None)
        workspace = Workspace()
        kept.keep(name, workspace, Decided(None, whole))
        workspace.close()
        return workspace

    return keep


def test_the_one_that_was_not_looked_at_longest_makes_place(keep):
    kept = KeptRecordings(2, 100)
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
    kept = KeptRecordings(5, 100)
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


def test_places_are_given_back_also_after_an_error():
    places = Places("things", 1)
    with pytest.raises(RuntimeError), places.taken():
        with pytest.raises(Busy, match="1 things are worked on already"), places.taken():
            pass
        raise RuntimeError
    with places.taken():
        pass


def test_where_there_are_no_places_all_are_told_so():
    with pytest.raises(Busy), Places("things", 0).taken():
        pass
    with pytest.raises(Busy):
        Places("things", 0).check()


def test_to_check_whether_there_is_a_place_takes_none():
    places = Places("things", 1)
    places.check()
    places.check()
    with places.taken(), pytest.raises(Busy):
        places.check()


def test_no_more_than_the_places_are_taken_by_many_at_once():
    places, most, now, lock = Places("things", 3), [0], [0], threading.Lock()

    def work():
        for _ in range(200):
            try:
                with places.taken():
                    with lock:
                        now[0] += 1
                        most[0] = max(most[0], now[0])
                    with lock:
                        now[0] -= 1
            except Busy:
                pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most[0] <= 3
