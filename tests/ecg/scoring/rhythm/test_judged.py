"""What epicmp, rxr and sumstats of PhysioNet's WFDB 10.7.0 print of 15 recordings, where their outputs lie."""

import pytest

from ecg.formats import wfdb
from ecg.scoring.rhythm import compare_episodes, compare_runs
from ecg.scoring.rhythm.episode_tables import episode_report, episode_summary_table, episode_table
from ecg.scoring.rhythm.run_tables import run_report, run_summary_table, run_table

FS, END = 360.0, 650_000 / 360


@pytest.fixture(scope="module")
def judge(mitdb):
    folder = mitdb / "judge"
    if not folder.is_dir():
        pytest.skip("what PhysioNet's programs print is not there")
    return folder


@pytest.fixture(scope="module")
def recordings(judge, mitdb):
    names = sorted(file.stem for file in judge.glob("*.tst"))
    assert len(names) == 15
    return [
        (
            name,
            *(
                wfdb.read_annotations(folder / name, kind, FS)
                for folder, kind in ((mitdb / "mitdb", "atr"), (judge, "tst"))
            ),
        )
        for name in names
    ]


@pytest.mark.parametrize("rhythm", ["AF", "VF"])
def test_episodes_are_printed_to_the_letter_as_epicmp_and_sumstats_print_them(judge, recordings, rhythm):
    compared = [compare_episodes(ours, theirs, FS, rhythm, name=name, end=END) for name, ours, theirs in recordings]
    stem = rhythm.lower()
    assert episode_table(compared) == (judge / f"{stem}.out").read_text()
    assert episode_summary_table(compared) == (judge / f"{stem}.sum").read_text()
    assert "".join(episode_report(one, "atr", "tst") for one in compared) == (judge / f"{stem}_matrix.out").read_text()


@pytest.mark.parametrize(("ectopy", "stem"), [("VE", "rxr_v"), ("SVE", "rxr_s")])
def test_runs_are_printed_to_the_letter_as_rxr_and_sumstats_print_them(judge, recordings, ectopy, stem):
    compared = [compare_runs(ours, theirs, FS, ectopy, name=name, end=END) for name, ours, theirs in recordings]
    assert run_table(compared) == (judge / f"{stem}.out").read_text()
    assert run_summary_table(compared) == (judge / f"{stem}.sum").read_text()


def test_matrices_of_runs_are_printed_to_the_letter_too(judge, recordings):
    reports = [
        run_report(compare_runs(ours, theirs, FS, ectopy, name=name, end=END), "atr", "tst")
        for name, ours, theirs in recordings
        for ectopy in ("VE", "SVE")
    ]
    assert "".join(reports) == (judge / "rxr_matrix.out").read_text()
