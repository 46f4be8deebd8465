import pytest

from ecg import LargeRecording, UnreadableRecording
from ecg.formats import open_files
from ecg.formats.xml import tree
from ecg.formats.xml.tree import read_tree


def test_a_tree_is_that_of_the_document(write):
    root = read_tree(write(b"<a xmlns='x' xmlns:y='z' y:k='v'><b>one</b>\n<b value='2'>t<c/>wo</b></a>"))
    assert (root.name, root.attributes) == ("a", {"k": "v"})
    assert [child.text for child in root.all("b")] == ["one", "two"]
    assert root.first("b", "c").name == "c" and root.first("none").text == "" and root.value("none") == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_documents_are_in_any_encoding_that_they_name(encoding, write):
    assert read_tree(write(f"<?xml version='1.0' encoding='{encoding}'?><a>é</a>".encode(encoding))).text == "é"


@pytest.mark.parametrize(
    "content", [b"", b"<a>", b"<a></b>", b"x", b"<?xml version='1.0' encoding='none'?><a/>", b"\xff"]
)
def test_what_is_no_document_is_refused(content, write):
    with pytest.raises(UnreadableRecording, match=r"made\.xml is no XML that can be read"):
        read_tree(write(content))


def test_a_tree_has_bounds(write, monkeypatch):
    with pytest.raises(UnreadableRecording, match="which no recording has"):
        read_tree(write(b"<a>" * 200))
    with pytest.raises(UnreadableRecording, match="which no recording has"):
        read_tree(write(b"<a>" + b"<b/>" * 100_001 + b"</a>"))
    with pytest.raises(UnreadableRecording, match="which no recording has"):
        read_tree(write(b"<a " + b" ".join(b"a%d='1'" % n for n in range(21)) + b"/>"))
    monkeypatch.setattr(tree, "MAX_SIZE", 3)
    with pytest.raises(LargeRecording, match="has 4 bytes, expected at most 3"):
        read_tree(write(b"<a/>"))


def test_xml_of_another_kind_is_refused_by_name(write):
    with pytest.raises(
        UnreadableRecording, match="is XML of another kind than HL7 aECG, MUSE's and Philips', which has no"
    ):
        open_files([write(b"<?xml version='1.0'?><svg/>")])
