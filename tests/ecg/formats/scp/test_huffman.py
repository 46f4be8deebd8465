import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg.formats.scp.huffman import default_table, read_table
from tests.ecg.formats.scp.records import DEFAULT, OWN, packed


@pytest.mark.parametrize("table", [DEFAULT, OWN])
@given(values=st.lists(st.integers(-(2**15), 2**15 - 1) | st.integers(-10, 10), max_size=40))
def test_what_is_packed_is_unpacked(table, values):
    content = packed(np.array(values, np.int64), table)
    known = default_table() if table is DEFAULT else read_table("made", OWN)
    assert known.decode(content, len(values)).tolist() == values


def test_the_codes_are_those_of_the_standard():
    bits = "0 100 101 1100 1101 1111111100 1111111101 1111111110 00000111 1111111111 1000000000000000".replace(" ", "")
    content = int(bits.ljust(-(-len(bits) // 8) * 8, "1"), 2).to_bytes(-(-len(bits) // 8), "big")
    assert default_table().decode(content, 100).tolist() == [0, 1, -1, 2, -2, 8, -8, 7, -(2**15)]


def test_what_is_cut_off_is_no_value():
    assert default_table().decode(b"\xff\xff", 10).tolist() == []
    assert default_table().decode(b"", 10).tolist() == []
