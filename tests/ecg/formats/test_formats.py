import pytest

from ecg import UnreadableRecording
from ecg.formats import open_files
from ecg.reading import ReadOptions


def test_the_files_say_what_they_are(write_wfdb, write_edf, made, tmp_path):
    header = write_wfdb()
    (tmp_path / "made.csv").write_text("II\n1\n2\n")
    assert open_files([header, header.with_suffix(".dat")]).leads == made.leads
    assert open_files([write_edf()]).leads == made.leads
    assert open_files([tmp_path / "made.csv"], ReadOptions(fs=100)).leads == ("II",)


def test_of_headers_the_one_that_names_the_others_is_meant(write_wfdb, made):
    folder = write_wfdb("a").parent
    write_wfdb("b")
    (folder / "whole.hea").write_text("whole/2 2 250 10000\na 5000\nb 5000\n")
    assert open_files(sorted(folder.iterdir())).name == "whole"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "got no file: that is no recording; expected one"),
        (["a.dat"], "got a.dat: that is no recording"),
        (["a.edf", "b.edf"], "got a.edf, b.edf: that is 2 recordings; expected one"),
        (["a.hea", "b.hea"], "that is 2 recordings"),
        (["a.exe"], "got a.exe: that is no recording"),
        (["a.zip"], "got a.zip: that is no recording; .*; a zip within a zip is not unpacked"),
        ([f"{n}.dat" for n in range(2000)], r"got 0.dat, 1.dat, .*, 9.dat and 1,990 more: that is no recording"),
    ],
)
def test_anything_but_one_recording_is_refused(names, message, tmp_path):
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(UnreadableRecording, match=message):
        open_files([tmp_path / name for name in names])
