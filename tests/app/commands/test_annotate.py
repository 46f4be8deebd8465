"""`cardiode annotate`."""

import json

import numpy as np
import pytest
import wfdb

from app.__main__ import main
from ecg.synthetic import synthesize

MADE = synthesize(40, fs=250.0, leads=("MLII", "V1"), seed=6)


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b"):
        wfdb.wrsamp(
            name,
            250,
            ["mV"] * 2,
            list(MADE.leads),
            MADE.signals.T.astype(float),
            fmt=["16"] * 2,
            write_dir=str(tmp_path),
        )
    (tmp_path / "bad.edf").write_text("no EDF")
    return tmp_path


@pytest.fixture
def run(checkpoints, monkeypatch, capsys):
    monkeypatch.setenv("CARDIODE_MODELS", str(checkpoints["odenet"]))

    def run(*arguments):
        code = main(["annotate", *map(str, arguments)])
        return code, capsys.readouterr()

    return run


def test_each_recording_is_written_beside_itself_and_told_in_a_table(folder, run):
    code, printed = run(folder / "a.hea", folder / "b.hea")
    assert code == 0
    lines = printed.out.splitlines()
    assert lines[0].split()[:4] == ["file", "lead", "minutes", "beats"]
    rows = (folder / "a.csv").read_text().splitlines()
    assert lines[1].split()[:4] == [str(folder / "a.hea"), "MLII", "0.7", str(len(rows) - 1)]
    assert (folder / "a.csv").read_text() == (folder / "b.csv").read_text()


def test_annotations_are_written_as_wfdb_reads_them(folder, run):
    assert run(folder / "a.hea", "--format", "wfdb", "--out", folder / "out")[0] == 0
    read = wfdb.rdann(str(folder / "out" / "a"), "cde")
    true = MADE.beat_annotations().samples
    assert np.abs(read.sample[:, None] - true).min(axis=1).max() <= 4


def test_options_are_obeyed(folder, run):
    options = ["--format", "json", "--lead", "V1", "--method", "rk4", "--step", "0.5"]
    assert run(folder / "a.hea", *options)[0] == 0
    answer = json.loads((folder / "a.json").read_text())
    assert answer["recording"]["lead"] == "V1"
    assert {beat["receipt"]["method"] for beat in answer["beats"] if beat["receipt"]} == {"rk4"}


def test_a_bad_file_does_not_stop_the_rest_and_the_exit_code_tells(folder, run):
    code, printed = run(folder / "bad.edf", folder / "none.hea", folder / "none.zip", folder / "a.hea")
    assert code == 1
    assert (folder / "a.csv").exists()
    assert "bad.edf: bad.edf does not begin as an EDF file does" in printed.out
    assert "none.hea: there is no file" in printed.out and "none.zip: there is no file" in printed.out


def test_a_recording_is_not_written_over(folder, run):
    (folder / "c.csv").write_text("time,II\n0,1\n0.004,2\n")
    code, printed = run(folder / "c.csv")
    assert code == 1 and "the recording itself; choose a folder with --out" in printed.out
    (folder / "d").mkdir()
    for kind in ("hea", "dat"):
        (folder / "d" / f"a.{kind}").write_bytes((folder / f"a.{kind}").read_bytes())
    code, printed = run(folder / "a.hea", folder / "d" / "a.hea", "--out", folder / "out")
    assert code == 1 and "would overwrite another recording's result" in printed.out


def test_nor_are_the_segments_that_are_written_beside_another(folder, run):
    (folder / "a.segments.csv").write_text("time,II\n0,1\n0.004,2\n")
    code, printed = run(folder / "a.hea", folder / "a.segments.csv", "--out", folder / "out")
    assert code == 1 and "a.segments.csv would overwrite another recording's result" in printed.out
    assert (folder / "out" / "a.segments.csv").read_text().startswith("start,end,lead,judged,reason")


def test_noise_is_told_with_its_reason(folder, run):
    noise = np.random.default_rng(0).normal(0, 0.3, 20_000)
    (folder / "noise.csv").write_text("".join(f"{value:.3f}\n" for value in noise))
    code, printed = run(folder / "noise.csv", "--fs", "250", "--out", folder / "out")
    assert code == 0 and "noise.csv: nothing in it looks like an ECG" in printed.out


@pytest.fixture
def volts(folder):
    """A table in volts, which nobody says."""
    rows = (f"{n / 250:.3f},{value / 1000:.7f},72\n" for n, value in enumerate(MADE.signals[0].tolist()))
    (folder / "volts.csv").write_text("time,ECG,HR\n" + "".join(rows))
    return folder / "volts.csv"


def test_how_each_file_was_read_and_what_was_warned_of_is_printed(volts, folder, run):
    code, printed = run(volts, "--out", folder / "out")
    assert code == 0
    _, _, read, warning = printed.out.splitlines()
    assert read.startswith(f"{volts}: read as CSV; 250 samples a second (by its times); lead ECG in V (by its values)")
    assert "left out: HR" in read and warning.startswith(f"{volts}: warning (unit_guessed): its values look like V")
    assert "warning" not in run(volts, "--unit", "V", "--out", folder / "out")[1].out


@pytest.mark.parametrize(
    ("options", "environment", "code"), [([], "0", 0), (["--strict"], "0", 1), ([], "1", 1), (["--no-strict"], "1", 0)]
)
def test_who_is_strict_refuses_what_is_warned_of(options, environment, code, volts, folder, run, monkeypatch):
    monkeypatch.setenv("CARDIODE_STRICT", environment)
    assert run(volts, *options, "--out", folder / "out")[0] == code


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rtol", "7"], "--rtol: got 7, expected"),
        (["--model", "oracle"], "UnknownModel"),
        (["--step", "0.1"], "InvalidSolver"),
    ],
)
def test_options_that_cannot_be_are_told_before_any_work(options, message, folder, run):
    code, printed = run(folder / "a.hea", *options)
    assert code == 1 and printed.err.startswith(message) and not (folder / "a.csv").exists()


def test_help_teaches(capsys):
    with pytest.raises(SystemExit):
        main(["annotate", "--help"])
    assert "cardiode annotate 100.hea" in capsys.readouterr().out
