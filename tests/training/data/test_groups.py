from collections import Counter

import numpy as np
import pytest

from ecg.synthetic import synthesize
from tests.training.synthetic import write_wfdb
from training.data.database import Database
from training.data.databases import CINC2017, DS1, DS1_GROUPS, MITDB, PACED, RECORDINGS, SVDB, find_part
from training.data.dataset import Dataset
from training.data.groups import Group, extent_of, folds_of, groups_in, origins_of
from training.errors import MissingData, UnknownDatabase


def touched(data, database, names, kinds=("hea", "dat", "atr")):
    (data / database).mkdir(exist_ok=True)
    for name in names:
        for kind in kinds:
            (data / database / f"{name}.{kind}").touch()
    return data


def test_the_recordings_of_databases_are_those_that_are_published():
    assert len(SVDB.recordings) == 78 and SVDB.recordings[0] == "800" and SVDB.recordings[-1] == "894"
    assert len(CINC2017.recordings) == 8528 and CINC2017.recordings[0] == "A00001"
    names = [name for database in (MITDB, SVDB, CINC2017) for name in database.recordings]
    assert len(names) == len(set(names))  # so that a name alone tells a recording


def test_a_part_of_a_database_is_named_behind_it():
    assert find_part("mitdb/ds1") == (MITDB, DS1)
    assert find_part("svdb") == (SVDB, SVDB.recordings)
    for unknown in ("incart", "mitdb/ds3", "svdb/ds1"):
        with pytest.raises(UnknownDatabase, match=f"'{unknown}', expected one of: mitdb, svdb, cinc2017, mitdb/ds1"):
            find_part(unknown)


def test_groups_are_of_what_is_there(tmp_path):
    touched(tmp_path, "svdb", [str(number) for number in range(800, 812)])
    touched(tmp_path, "svdb", ["812"], kinds=("hea", "dat"))
    groups = groups_in(["svdb"], tmp_path)
    assert len(groups) == 10
    assert sorted(name for group in groups for name in group.names) == [str(number) for number in range(800, 812)]


def test_without_a_recording_it_says_where_to_get_them(tmp_path):
    with pytest.raises(MissingData, match=r"no recording of svdb is in .*physionet\.org/content/svdb"):
        groups_in(["svdb"], tmp_path)


def test_the_groups_of_ds1_are_those_that_lend_beats_to_each_other(tmp_path):
    touched(tmp_path, "mitdb", RECORDINGS)
    assert {frozenset(group.names) for group in groups_in(["mitdb/ds1"], tmp_path)} == set(map(frozenset, DS1_GROUPS))
    assert Counter(len(group.names) for group in groups_in(["mitdb/paced"], tmp_path)) == {1: len(PACED)}


@pytest.mark.parametrize("number", [2, 5, 10])
def test_folds_hold_every_recording_once_and_part_no_patient(tmp_path, number):
    touched(tmp_path, "mitdb", RECORDINGS)
    touched(tmp_path, "svdb", SVDB.recordings[::2])
    groups = groups_in(["mitdb", "svdb"], tmp_path)
    folds = folds_of(groups, number)
    assert len(folds) == number
    names = [name for fold in folds for group in fold for name in group.names]
    assert sorted(names) == sorted((*RECORDINGS, *SVDB.recordings[::2]))
    for fold in folds:
        assert {group.database.name for group in fold} == {"mitdb", "svdb"}
    patients = [set().union(*(group.patients for group in fold if group.database is MITDB)) for fold in folds]
    assert sum(map(len, patients)) == 47 == len(set().union(*patients))  # 201 and 202 are of one man


def test_how_much_of_a_database_is_there_is_said(tmp_path):
    touched(tmp_path, "svdb", ["800", "801", "803"])
    assert extent_of(groups_in(["svdb"], tmp_path)) == "svdb: 3 of 78 recordings"


def test_what_is_made_of_a_group_depends_on_its_files_alone(tmp_path):
    (tmp_path / "made").mkdir()
    write_wfdb(synthesize(10, seed=1), tmp_path / "made", "a")
    write_wfdb(synthesize(10, seed=2), tmp_path / "made", "ab")
    database = Database("made", "Made", "", ("a", "ab"))

    def sha256(names):
        return Group(database, tmp_path, names).sha256

    before = sha256(("a",))
    assert before != sha256(("ab",)) != sha256(("a", "ab"))
    write_wfdb(synthesize(10, seed=3), tmp_path / "made", "ab")
    assert sha256(("a",)) == before
    write_wfdb(synthesize(10, seed=3), tmp_path / "made", "a")
    assert sha256(("a",)) != before


def test_a_checkpoint_tells_whose_recordings_it_has_learnt_from_and_under_which_licence(tmp_path):
    groups = [Group(MITDB, tmp_path, ("201", "202")), Group(SVDB, tmp_path, ("800",))]
    names = np.array(["201", "202", "202+", "800", "800"])
    mitdb, svdb = origins_of(groups, Dataset(np.zeros((5, 587)), np.array([0, 2, 2, 1, 0]), names))
    assert (mitdb.name, mitdb.recordings, mitdb.patients, mitdb.patients_named) == ("mitdb", 2, 1, True)
    assert mitdb.beats == {"N": 1, "S": 0, "V": 1, "F": 0, "Q": 0}
    assert (svdb.recordings, svdb.patients, svdb.patients_named) == (1, 1, False)
    assert "Open Data Commons" in svdb.licence and svdb.citation and svdb.url == "https://physionet.org/content/svdb/"
