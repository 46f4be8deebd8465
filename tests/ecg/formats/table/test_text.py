"""Encodings, lines and their bounds."""

import numpy as np
import pytest

from ecg import UnreadableRecording
from ecg.formats.table.text import HEAD, MAX_ROW, measure, read_text


def test_what_is_no_utf_8_is_in_the_code_page_that_excel_writes(write):
    assert read_text(write("Zeit,EKG (µV)\n", encoding="cp1252")).head[0] == "Zeit,EKG (µV)"
    assert read_text(write("Zeit,EKG (µV)\n")).head[0] == "Zeit,EKG (µV)"


def test_a_character_that_is_cut_off_at_the_end_of_what_is_looked_at_is_no_other_encoding(tmp_path):
    line = b"\xc2\xb5" * 50 + b"\n"
    (tmp_path / "made.csv").write_bytes(b"x" + line * (2 * HEAD // len(line)))
    assert read_text(tmp_path / "made.csv").encoding == "utf-8-sig"


def test_only_whole_lines_are_given(write):
    text = read_text(write("0.004,1.25\n" * HEAD))
    assert set(text.head) == {"0.004,1.25"}
    assert {line for window in text.windows(3) for line in window.splitlines()} == {"0.004,1.25"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_windows_are_of_all_of_a_long_text(encoding, write):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    count = 150_000
    text = read_text(write(mark + "".join(f"{n}\n" for n in range(count)), encoding=encoding))
    seen = [int(window.splitlines()[0]) for window in text.windows(4)]
    assert seen == sorted(seen) and seen[-1] > 0.9 * count and np.diff(seen).max() < 0.5 * count


def test_a_short_text_needs_no_windows(write):
    assert list(read_text(write("1,2\n" * 1000)).windows(4)) == []


@pytest.mark.parametrize("skipped", [0, 1, 3])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_is_measured_are_the_rows_after_the_preamble(skipped, encoding, write):
    text = read_text(write("a quote: '\n" + 250 * "long" + "\nand\r1,2,3" + 256 * "0" + "\n1,2\n", encoding=encoding))
    found = measure(text, skipped, ",", "'")
    assert (found.longest, found.quoted) == ((1000, 261)[skipped > 1], skipped == 0)
    assert found.columns == 3 or skipped == 0


def test_words_between_blanks_are_columns(write):
    text = read_text(write("   1  2 \t 3   " + 300 * " " + "\n 4\n"))
    assert measure(text, 0, " ", '"').columns == 3


def test_a_row_that_is_too_long_is_refused_wherever_it_stands(write):
    with pytest.raises(UnreadableRecording, match="has a row of over 65,536 bytes"):
        read_text(write("x" * (MAX_ROW + 1) + "\n1\n"))
    text = read_text(write("1,2\n" * HEAD + "x" * (MAX_ROW + 1) + "\n"))
    with pytest.raises(UnreadableRecording, match="has a row of over 65,536 bytes"):
        measure(text, 0, ",", '"')
