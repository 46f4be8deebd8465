import pytest

from ecg.units import millivolts


@pytest.mark.parametrize(("unit", "factor"), [("mV", 1.0), ("uV", 1e-3), ("µV", 1e-3), (" V ", 1e3), ("nV", 1e-6)])
def test_a_voltage_is_known_however_it_is_written(unit, factor):
    assert millivolts(unit) == factor


@pytest.mark.parametrize("unit", ["mmHg", "bpm", "", "adu", "l/min"])
def test_what_is_no_voltage_is_none(unit):
    assert millivolts(unit) is None
