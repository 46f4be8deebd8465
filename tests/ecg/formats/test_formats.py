import pytest

from ecg import UnreadableRecording
from ecg.formats import FORMATS, open_files
from ecg.formats.foreign import FOREIGN
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


@pytest.mark.parametrize("known", [*FORMATS, *FOREIGN])
def test_every_format_has_names_for_its_files_in_small_letters(known):
    assert known.extensions or known.beginnings
    assert all(one.startswith(".") and one == one.lower() for one in known.extensions)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "ecg.pdf",
            b"%PDF-1.7",
            "ecg.pdf is a PDF, which holds a drawing of an ECG and no samples, which has no reader",
        ),
        ("ecg", b"%PDF-1.7", "from Kardia and Apple Health as CSV"),
        ("photo.JPG", b"x", "photo.JPG is a picture, .* can be digitised"),
        ("ecg.mat", b"MATLAB 7.3 MAT-file", "HDF5, which is also what MATLAB writes as version 7.3, .* save -v7"),
        ("ecg.gdf", b"GDF 2.20", r"convert it with BioSig \(save2gdf -f=EDF FILE FILE.edf\), and send the EDF"),
        ("ecg.csv", b"\x1f\x8b", "is packed, and no zip, .*; unpack it"),
        ("ecg.mit", b"x", "a file of a vendor's own format, .* BioSig .* and the Python package ecgdatakit"),
        (
            "export.xml",
            b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE HealthData [',
            "in its folder electrocardiograms",
        ),
    ],
)
def test_what_has_no_reader_is_refused_with_what_converts_it(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableRecording, match=message):
        open_files([tmp_path / name])


def test_a_file_is_known_by_its_content_among_others_that_are_known_by_their_names(write_edf, made):
    file = write_edf()
    file.with_name("readme.txt").write_text("sent by a ward")
    assert open_files([file, file.with_name("readme.txt")]).leads == made.leads
    assert open_files([file.rename(file.with_name("made.csv"))]).leads == made.leads
