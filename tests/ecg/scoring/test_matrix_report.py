import pytest

from ecg.formats import wfdb
from ecg.scoring import compare
from ecg.scoring.matrix_report import matrix_report
from tests.ecg.scoring.against_bxb import mistaken, printed
from tests.ecg.scoring.test_summary import compared


@pytest.mark.parametrize(("sveb", "name"), [(True, "207.matrix"), (False, "207.matrix-without-sveb")])
def test_a_real_recording_is_told_to_the_letter_as_bxb_tells_it(mitdb, sveb, name):
    marks = wfdb.read_annotations(mitdb / "mitdb" / "207", "atr", 360.0)
    comparison = compare(marks, mistaken(marks), 360.0, name="207", end=650_000 / 360)
    assert matrix_report(comparison, "atr", "tst", sveb=sveb) == printed(name)


def test_what_is_undefined_has_a_hyphen():
    lines = matrix_report(compared(Nn=74), "atr", "ann").splitlines()
    assert "           VEB sensitivity:      -  (0/0)" in lines
    assert "     RMS RR interval error:      -" in lines
