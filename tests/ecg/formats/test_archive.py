import io
import stat
import zipfile

import pytest

from ecg import LargeRecording, UnreadableRecording
from ecg.formats.archive import unpack


@pytest.fixture
def pack(tmp_path):
    """Writes a zip of the entries, each a name or a ZipInfo and a content, and gives its path."""

    def pack(*entries, method=zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(tmp_path / "made.zip", "w", method) as opened:
            for name, content in entries:
                opened.writestr(name, content)
        return tmp_path / "made.zip"

    return pack


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "unpacked").mkdir()
    return tmp_path / "unpacked"


def test_files_are_unpacked_and_folders_forgotten(pack, folder):
    files = unpack(pack(("100.hea", "header"), ("mitdb/100.dat", b"signal"), ("mitdb/", b"")), folder, 100)
    assert {file.name: file.read_bytes() for file in files} == {"100.hea": b"header", "100.dat": b"signal"}
    assert sorted(folder.iterdir()) == sorted(files)


@pytest.mark.parametrize("name", ["../a.hea", "/etc/a.hea", "a/../../b.hea", "C:/a.hea", "..\\a.hea"])
def test_a_name_that_leads_outside_is_refused(name, pack, folder):
    with pytest.raises(UnreadableRecording, match="which is not within it"):
        unpack(pack((name, b"x")), folder, 100)
    assert list(folder.iterdir()) == []


def test_a_link_is_refused(pack, folder):
    link = zipfile.ZipInfo("100.dat")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(UnreadableRecording, match=r"holds the link '100\.dat'"):
        unpack(pack((link, "/etc/passwd")), folder, 100)


def test_two_files_of_one_name_are_refused(pack, folder):
    with pytest.raises(
        UnreadableRecording, match=r"made\.zip holds 2 files of the name 100\.dat, expected one recording"
    ):
        unpack(pack(("a/100.dat", b"x"), ("b/100.dat", b"y"), ("c.dat", b"z")), folder, 100)


def test_what_macos_adds_is_left_out(pack, folder):
    added = ("__MACOSX/a/._100.hea", "__MACOSX/b/._100.hea", ".DS_Store", "a/.DS_Store", "a/._100.hea")
    (file,) = unpack(pack(("a/100.hea", b"header"), *((name, b"junk") for name in added)), folder, 100)
    assert (file.name, file.read_bytes()) == ("100.hea", b"header")
    assert list(folder.iterdir()) == [file]


def test_too_many_files_are_refused(pack, folder):
    with pytest.raises(UnreadableRecording, match="holds 2,001 files, expected at most 2,000"):
        unpack(pack(*((f"{n}.dat", b"") for n in range(2001))), folder, 100)


def test_more_than_the_limit_is_refused_before_it_is_written(pack, folder):
    bomb = pack(("100.dat", bytes(50_000_000)))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(LargeRecording, match="too large when unpacked"):
        unpack(bomb, folder, 5_000_000)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 6_000_000


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_unpacks_without_bounds_is_refused(method, pack, folder):
    with pytest.raises(UnreadableRecording, match="by another method than deflate"):
        unpack(pack(("100.dat", bytes(1000)), method=method), folder, 10_000)


def test_a_zip_that_lies_about_its_sizes_is_refused(pack, folder):
    bomb = pack(("100.dat", bytes(1_000_000)))
    content = bomb.read_bytes().replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    bomb.write_bytes(content)
    with pytest.raises((UnreadableRecording, LargeRecording)):
        unpack(bomb, folder, 100_000)


def test_entries_that_share_their_bytes_are_unpacked_to_the_limit_and_no_further(pack, folder):
    file = pack(*((f"{n:03}.dat", bytes(1_000_000) if not n else b"") for n in range(100)))
    content = bytearray(file.read_bytes())
    first = content.index(b"PK\x01\x02")
    place = first
    while (place := content.find(b"PK\x01\x02", place + 1)) > 0:  # each one points to the first entry's bytes
        content[place + 16 : place + 28] = content[first + 16 : first + 28]
        content[place + 42 : place + 46] = content[first + 42 : first + 46]
    file.write_bytes(bytes(content))
    with pytest.raises((UnreadableRecording, LargeRecording)):
        unpack(file, folder, 5_000_000)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 6_000_000


def test_an_encrypted_zip_is_refused(pack, folder):
    file = pack(("100.dat", b"x"))
    content = bytearray(file.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(bytes(content))
    with pytest.raises(UnreadableRecording, match="is encrypted"):
        unpack(file, folder, 100)


@pytest.mark.parametrize("name", ["a" * 300, "../" + "a" * 300])
def test_a_name_that_is_too_long_is_told_in_short_and_without_our_folder(name, pack, folder):
    with pytest.raises(UnreadableRecording) as refused:
        unpack(pack((name, b"x")), folder, 100)
    assert len(str(refused.value)) < 150 and str(folder) not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"hello"])
def test_what_is_no_zip_is_refused(content, tmp_path, folder):
    (tmp_path / "no.zip").write_bytes(content)
    with pytest.raises(UnreadableRecording, match=r"no\.zip is no zip that can be unpacked"):
        unpack(tmp_path / "no.zip", folder, 100)


def test_a_damaged_zip_is_refused(pack, folder):
    file = pack(("100.dat", bytes(range(256)) * 100))
    content = bytearray(file.read_bytes())
    content[60:70] = b"damaged!!!"
    file.write_bytes(bytes(content))
    with pytest.raises(UnreadableRecording):
        unpack(file, folder, 10**6)


def test_a_zip_within_a_zip_is_left_as_it_is(pack, folder):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as opened:
        opened.writestr("100.hea", "header")
    (file,) = unpack(pack(("inner.zip", inner.getvalue())), folder, 10_000)
    assert file.name == "inner.zip"
