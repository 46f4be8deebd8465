import numpy as np
import pytest

from ecg import InvalidSignals
from ecg.formats.signals import Signal, choose, likely_unit
from ecg.reading import LeadRead, ReadOptions


def no_values(_):
    return np.zeros(0), 0.0


def leads_of(*signals, options=ReadOptions()):
    return choose([Signal(*one) for one in signals], options, no_values).names


def reason_of(name, unit, *others, options=ReadOptions()):
    left_out = choose([Signal(name, unit), *(Signal(*one) for one in others)], options, no_values).left_out
    return next((one.reason for one in left_out if one.name == name), None)


@pytest.mark.parametrize(
    ("name", "unit", "reason"),
    [
        ("II", "mV", None),
        ("anything", "uV", None),
        ("Resp", "mV", "its name is that of another kind of signal"),
        ("Chin1-Chin2", "uV", "its name is that of another kind of signal"),
        ("pressure", "mmHg", "its unit, mmHg, is no voltage"),
        ("ECG", "mmHg", "its unit, mmHg, is no voltage"),
        ("anything", "furlongs", "its unit, furlongs, is no voltage"),
        ("ECG", "furlongs", None),
        ("V1", "NU", None),
        ("anything", "", None),
        ("anything", "adu", None),
    ],
)
def test_a_lead_is_known_by_its_unit_and_its_name(name, unit, reason):
    assert reason_of(name, unit) == reason


def test_beside_an_ecg_a_lead_has_its_name_or_that_of_a_lead():
    ecg = ("EKG", "mV")
    assert reason_of("Lat", "uV", ecg) == "its name is none of a lead, and that of EKG says that it is the ECG"
    assert reason_of("V5", "uV", ecg) is None and reason_of("ECG2", "uV", ecg) is None


def test_beside_a_lead_another_states_its_unit_or_has_a_leads_name():
    assert reason_of("counter", "", ("II", "mV")) == "it states no unit, and its name is none of a lead"
    assert leads_of(("counter", ""), ("other", "")) == ("counter", "other")


@pytest.mark.parametrize(("asked", "name"), [("Resp", "Resp"), ("resp", "Resp"), ("MLII", "II"), ("ECG", "EKG")])
def test_what_is_said_to_be_a_lead_is_one(asked, name):
    assert name in leads_of((name, "mmHg"), ("V1", "mV"), options=ReadOptions(lead=asked, unit="mV"))


def test_a_signal_that_cannot_be_read_is_none_whatever_is_said():
    signals = [Signal("II", "mV", wrong="it is broken"), Signal("V1", "mV")]
    chosen = choose(signals, ReadOptions(lead="II"), no_values)
    assert chosen.names == ("V1",) and chosen.left_out[0].reason == "it is broken"


def test_a_unit_that_is_said_overrules_and_has_to_be_one():
    chosen = choose([Signal("II", "uV")], ReadOptions(unit="V"), no_values)
    assert (chosen.leads, chosen.factors) == ((LeadRead("II", "V", "option", 1),), (1000.0,))
    with pytest.raises(InvalidSignals, match="got the unit 'furlongs', expected one of: mV, uV, V"):
        choose([Signal("II", "uV")], ReadOptions(unit="furlongs"), no_values)


def test_signals_of_one_name_are_told_apart_and_counted_from_1():
    chosen = choose([Signal("Resp", "mV"), Signal("ECG", "mV"), Signal("ECG", "uV")], ReadOptions(), no_values)
    assert chosen.leads == (LeadRead("ECG", "mV", "file", 2), LeadRead("ECG 2", "uV", "file", 3))
    assert (chosen.places, chosen.factors) == ((1, 2), (1.0, 1e-3))


@pytest.mark.parametrize(("factor", "unit"), [(1.0, "mV"), (1e3, "uV"), (1e-3, "V"), (0.0, "mV"), (np.nan, "mV")])
def test_a_unit_is_guessed_by_how_high_beats_are(made, factor, unit):
    assert likely_unit(made.signals[0].astype(float) * factor, 20.0) == unit
    flat = np.concatenate((np.zeros(50_000), made.signals[0].astype(float) * factor))
    assert likely_unit(flat, 220.0) == unit
