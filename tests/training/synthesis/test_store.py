import numpy as np
import pytest

from ecg.synthetic import synthesize
from tests.training.synthetic import write_mitdb, write_wfdb
from training.data.databases import MITDB
from training.data.groups import Group
from training.errors import MissingData
from training.synthesis import store as module
from training.synthesis.examples import Synthesis
from training.synthesis.store import AS_THEY_ARE, Store


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    made = {name: synthesize(40, leads=("MLII", "V1"), seed=int(name)) for name in ("100", "101")}
    return write_mitdb(tmp_path / "data", made)


def groups(data):
    return Group(MITDB, data, ("100",)), Group(MITDB, data, ("101",))


def test_what_was_made_is_kept_and_not_made_again(data, tmp_path, monkeypatch):
    store = Store(tmp_path / "examples")
    made = store.examples(groups(data), AS_THEY_ARE)
    assert len(list(store.folder.iterdir())) == 2 and made.values.dtype == np.float16
    monkeypatch.setattr(module, "make_examples", pytest.fail)
    assert store.examples(groups(data), AS_THEY_ARE).sha256 == made.sha256
    assert set(store.examples(groups(data)[1:], AS_THEY_ARE).recordings.tolist()) == {"101"}


def test_what_is_made_otherwise_or_of_other_files_is_made_anew(data, tmp_path):
    store = Store(tmp_path / "examples")
    before = store.examples(groups(data)[:1], AS_THEY_ARE)
    store.examples(groups(data)[:1], Synthesis(disturbed=1, composed=0))
    assert len(list(store.folder.iterdir())) == 2
    write_wfdb(synthesize(40, ectopic={"V": 0.3}, leads=("MLII", "V1"), seed=7), data / "mitdb", "100")
    assert store.examples(groups(data)[:1], AS_THEY_ARE).sha256 != before.sha256
    assert len(list(store.folder.iterdir())) == 3


def test_what_other_code_made_is_made_anew(data, tmp_path, monkeypatch):
    store = Store(tmp_path / "examples")
    store.examples(groups(data)[:1], AS_THEY_ARE)
    monkeypatch.setattr(module, "code_sha256", lambda: "other code")
    store.examples(groups(data)[:1], AS_THEY_ARE)
    assert len(list(store.folder.iterdir())) == 2


def test_several_processes_make_what_one_makes(data, tmp_path):
    one, two = (Store(tmp_path / f"{number}", number).examples(groups(data), AS_THEY_ARE) for number in (1, 2))
    assert one.sha256 == two.sha256


def test_what_was_not_made_of_others_is_the_same_whether_all_is_there_or_not(data, tmp_path, monkeypatch):
    synthesis = Synthesis(disturbed=1, composed=0)
    alone = Store(tmp_path / "alone").as_they_are(groups(data), synthesis)
    store = Store(tmp_path / "all")
    assert store.examples(groups(data), synthesis).as_they_are.sha256 == alone.sha256
    monkeypatch.setattr(module, "make_examples", pytest.fail)
    assert store.as_they_are(groups(data), synthesis).sha256 == alone.sha256


def test_without_the_noise_recordings_nothing_is_made(data, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mitdb").symlink_to(data / "mitdb")
    with pytest.raises(MissingData, match="noise recordings"):
        Store(tmp_path / "examples").examples(groups(tmp_path / "other"), AS_THEY_ARE)
    assert not (tmp_path / "examples").exists()
