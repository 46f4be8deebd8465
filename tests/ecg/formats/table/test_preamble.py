"""What the lines before a table say."""

from datetime import UTC, datetime

import pytest

from ecg.formats.table.preamble import read_preamble

APPLE = """Name,Test Person
Date of Birth,"Jan 1, 1980"
Recorded Date,2024-01-01 09:14:40 +0000
Classification,Sinus Rhythm
Symptoms,
Software Version,1.90
Device,"Watch6,7"
Sample Rate,512 hertz


Lead,Lead I
Unit,µV
"""
APPLE_IN_GERMAN = """Name,Max Mustermann
Geburtsdatum,01.01.1980
Aufgezeichnet am,2024-01-01 10:14:40 +0100
Klassifizierung,Sinusrhythmus
Gerät,"Watch6,7"
Messrate,"511,422\N{NO-BREAK SPACE}Hertz"
Ableitung,Ableitung I
Einheit,µV
"""
DEVICE = (
    '# {"20:16": {"sensor": ["ECG", "EDA"], "column": ["nSeq", "I1", "A1", "A2"], "time": "11:14:57.742", "date": '
    '"2019-03-21", "sampling rate": 1000, "label": ["A1", "A2"], "resolution": [4, 1, 10, 10]}}'
)


@pytest.mark.parametrize(
    ("line", "fs"),
    [
        ("# fs=250", 250),
        ("# Sampling Rate (Hz):= 250.00", 250),
        ("Fs: 250", 250),
        ("Sample Rate,512 hertz", 512),
        ("Messrate,512 Hertz", 512),
        ('Messrate,"511,422\N{NO-BREAK SPACE}Hertz"', 511.422),
        ("Fréquence d'échantillonnage,512 hertz", 512),
        ("Frecuencia de muestreo,512 hercios", 512),
        ("サンプルレート,512ヘルツ", 512),
        ("采样率,512赫兹", 512),
        ("частота дискретизации: 500 Гц", 500),
        ("Sampling frequency: 0.5 kHz", 500),
        ("Interval=\t0.004 s", 250),
        ("4 msec/sample", 250),
        ("Sampling Interval (ms),4", 250),
        ("Sample Rate (kHz): 0.5", 500),
        ("Recorder 7 at 250 Hz", 250),
        ("Heart Rate: 72 bpm", None),
        ("Filter: 0.5-150 Hz", None),
        ("Notch,60 Hz", None),
        ("High-pass cutoff: 100 Hz", None),
        ("Sampling rate: unknown", None),
        ("Sample Rate,0 hertz", None),
        ("Phone: 555 1234", None),
    ],
)
def test_a_rate_is_found_in_any_language_and_that_of_no_filter(line, fs):
    assert read_preamble([line]).fs == fs


def test_what_is_called_a_rate_of_samples_goes_before_another_one_in_hz():
    assert read_preamble(["Mains: 60 Hz", "Sampling rate: 500 Hz", "Display: 100 Hz"]).fs == 500


@pytest.mark.parametrize(("text", "fs"), [(APPLE, 512), (APPLE_IN_GERMAN, 511.422)])
def test_apples_lines_say_rate_unit_lead_and_time_and_nothing_of_who_it_was(text, fs):
    found = read_preamble(text.splitlines())
    assert (found.fs, found.unit, found.lead, found.dialect) == (fs, "µV", "I", "Apple Health CSV")
    assert found.begun == datetime(2024, 1, 1, 9, 14, 40, tzinfo=UTC)
    assert not any(word in repr(found) for word in ("Person", "Mustermann", "1980"))


def test_opensignals_line_of_json_says_rate_columns_bits_and_time():
    found = read_preamble(["# OpenSignals Text File Format. Version 1", DEVICE, "# EndOfHeader"])
    assert (found.fs, found.labels[0], found.bits) == (1000.0, ("nSeq", "I1", "ECG", "EDA"), 10)
    assert (found.begun, found.dialect) == (datetime(2019, 3, 21, 11, 14, 57, 742000), "OpenSignals")


@pytest.mark.parametrize("line", ["# {", '# {"a": 1}', "# [1]", "# " + "[" * 50_000, '# {"a": {"sampling rate": "x"}}'])
def test_json_that_is_none_of_a_device_says_nothing(line):
    assert read_preamble(["# OpenSignals", line]).fs is None


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("Resolution: 5 uV", 5e-3),
        ("LSB,2.5 µV", 2.5e-3),
        ("Gain: 200 adu/mV", 1 / 200),
        ("ADC gain=200/mV", 1 / 200),
        ("Gain: 10 mm/mV", None),
        ("Resolution:= 12", None),
    ],
)
def test_what_a_count_is_in_mv_may_be_said(line, count):
    assert read_preamble([line]).count == (count and pytest.approx(count))


def test_labels_may_be_listed():
    assert read_preamble(["# Labels:= ECG\tRESP"]).labels == (("ECG", "RESP"),)
    channels = read_preamble(["Interval=\t0.004 s", "ChannelTitle=\tECG\tResp", "Range=\t10.000 mV\t5 V"])
    assert (channels.labels, channels.units) == ((("ECG", "Resp"),), ("mV", "V"))


def test_a_date_that_may_mean_two_days_is_none():
    assert read_preamble(["Start: 04/05/2024 10:00:00"]).begun is None
    assert read_preamble(["Start: 04.05.2024 10:00:00"]).begun == datetime(2024, 5, 4, 10)
    assert read_preamble(["Birth: 2024-05-04 10:00:00"]).begun is None
