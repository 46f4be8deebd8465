"""What names of columns say."""

import pytest

from ecg.formats.table.names import kind_of, name_of

LEADS = (
    "I II III aVR avl V1 V6 MLII MV5 CM5 D2 V3R ECG ekg ecg1 ECG2 ECG_Clean Lead_II EKG-II ECG.mV Ableitung_I "
    "Shimmer_1234_ECG_LL-RA_24BIT_CAL ECGBIT vx Mod_V5"
)
TIMES = (
    "time Time t timestamp Timestamp unix_time elapsed_time Zeit temps tiempo datetime Date seconds ms "
    "Shimmer_1234_Timestamp_Unix_CAL timestamp_ms ReadTimeStamp 时间 время"
)
OTHERS = (
    "HR heart_rate HeartRate BPM SignalQuality ECG_Quality ECG_Rate ECG_R_Peaks signal_quality accX ax gyro_z "
    "Photosensor SpO2 PPG RESP EMG EDA battery Temperature event Marker label Annotation note RR IBI lead_off leadoff "
    "I1 O2 Symbol ECG_Phase_Atrial Shimmer_1234_ECG_EMG_Status1_CAL"
)
INDICES = ["sample", "sample #", "Sample Number", "index", "nSeq", "n", "row", "Unnamed: 0", "packet counter", ""]
NOBODYS = ["value", "ch1", "A1", "signal", "aVs", "sample value", "column"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, "lead") for name in LEADS.split()),
        *((name, "time") for name in TIMES.split()),
        *((name, "other") for name in OTHERS.split()),
        *((name, "index") for name in INDICES),
        *((name, "unknown") for name in NOBODYS),
        *((name, "axis") for name in "XyZ"),
    ],
)
def test_a_name_says_what_its_column_is(name, kind):
    assert kind_of(name, None) == kind


@pytest.mark.parametrize(("unit", "kind"), [("mV", "lead"), ("g", "axis"), (None, "axis")])
def test_an_axis_in_a_voltage_is_a_lead(unit, kind):
    assert kind_of("X", unit) == kind


@pytest.mark.parametrize("unit", ["s", "ms", "seconds", "hh:mm:ss.mmm", "dd/mm/yyyy hh:mm:ss"])
def test_whatever_is_in_a_unit_of_time_is_times(unit):
    assert kind_of("whatever", unit) == "time"


@pytest.mark.parametrize(
    ("written", "row", "name", "unit"),
    [
        ("time (ms)", None, "time", "ms"),
        ("Zeit [s]", None, "Zeit", "s"),
        ("timestamp_us", None, "timestamp", "us"),
        ("ecg [uV]", None, "ecg", "uV"),
        ("ECG (Volts)", None, "ECG", "V"),
        ("ECG", "(millivolts)", "ECG", "mV"),
        ("ECG (uV)", "mV", "ECG", "mV"),
        ("ECG (chest)", None, "ECG (chest)", None),
        ("X [mg]", None, "X", "mg"),
        ("HR [bpm]", None, "HR", "bpm"),
    ],
)
def test_a_name_is_without_its_unit(written, row, name, unit):
    assert (name_of(written, row).text, name_of(written, row).unit) == (name, unit)
