import pytest

from ecg import UnknownLead
from ecg.leads import distinct_names, find_lead, is_lead_name, may_be_ecg, plain_name, preferred_lead, says_ecg


@pytest.mark.parametrize("name", ["II", "MLII", "ml2", "Lead II", "ECG II", "EKG-II", "ECG Lead ii", "D2", "DII"])
def test_lead_two_has_many_names(name):
    assert plain_name(name) == "II"


def test_the_preferred_lead_is_two_then_five_and_else_none():
    assert preferred_lead(["V5", "MLII"]) == "MLII"
    assert preferred_lead(["V2", "V5"]) == "V5"
    assert preferred_lead(["V1", "ECG"]) is None
    assert preferred_lead([]) is None


def test_of_two_leads_of_one_name_the_first_is_meant():
    assert preferred_lead(["II", "MLII"]) == "II"


def test_a_lead_is_found_by_any_of_its_names():
    assert find_lead(["MLII", "V1"], "II") == "MLII"
    assert find_lead(["MLII", "V1"], "ECG V1") == "V1"


def test_a_lead_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(UnknownLead, match="got the lead 'V9', expected one of: MLII, V1"):
        find_lead(["MLII", "V1"], "V9")


def test_of_many_leads_the_first_are_told():
    with pytest.raises(
        UnknownLead, match=r"got the lead 'x{60}\.\.\. \(1,000 characters\)', .*: 0, 1, .*, 9 and 54 more$"
    ):
        find_lead([str(number) for number in range(64)], "x" * 1000)


@pytest.mark.parametrize("name", ["RESP", "ABP", "EEG Fpz-Cz", "PLETH", "SpO2", "EMG chin", "CVP", "C4-A1"])
def test_signals_that_are_known_to_be_something_else_are_no_leads(name):
    assert not may_be_ecg(name)


@pytest.mark.parametrize("name", ["II", "MLII", "V1", "ECG1", "avF", "CH1", "lead 1", "", "ECG", "V4R", "CM5"])
def test_others_may_be(name):
    assert may_be_ecg(name)


@pytest.mark.parametrize(
    "name", ["I", "ii", "MLII", "D2", "Lead III", "ECG aVR", "-aVR", "V1", "v6", "V4R", "MV5", "CM5", "MCL1"]
)
def test_leads_have_names_of_their_own(name):
    assert is_lead_name(name) and not says_ecg("Chin")


@pytest.mark.parametrize("name", ["ECG", "ECG1", "lead 1", "lead 2", "CH1", "Lat", "C3", "X", "VT", ""])
def test_others_are_none_of_them(name):
    assert not is_lead_name(name)


@pytest.mark.parametrize("name", ["ECG", "EKG-LA", "ecg1", "Electrocardiogram"])
def test_a_name_may_say_that_it_is_an_ecg(name):
    assert says_ecg(name)


@pytest.mark.parametrize("name", ["Chin1-Chin2", "E1-M2", "Leg L", "LOC-A2", "Nasal", "Left EMG"])
def test_the_signals_of_a_sleep_laboratory_are_no_leads(name):
    assert not may_be_ecg(name)


def test_names_that_are_there_twice_are_told_apart():
    assert distinct_names(["V1", "ECG", "ECG", "", "ECG"]) == ("V1", "ECG", "ECG 2", "signal 4", "ECG 3")
    assert distinct_names(["", "", "II", "II 2", "II"]) == ("signal 1", "signal 2", "II", "II 2", "II 3")
