"""Kinds of tables that people have: what is read of each, and what is said of it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ecg import InvalidSignals, UnknownLead, UnreadableRecording, choose_leads
from ecg.reading import LeftOut
from tests.ecg.formats.table.conftest import commas, fixed, lines

N = 5000
T = np.arange(N) / 250
BEGUN = datetime(2024, 3, 5, 23, 59, 50)


def stamps(form):
    return [(BEGUN + timedelta(seconds=t)).strftime(form) for t in T.tolist()]


def cut(cells, characters=3):
    return [cell[:-characters] for cell in cells]


def kinds(recording):
    return [warning.kind for warning in recording.warnings]


@pytest.mark.parametrize(
    ("name", "times", "fs_from"),
    [
        ("time", fixed(T), "times"),
        ("time (ms)", fixed(1000 * T, 0), "times"),
        ("Time (msec)", fixed(1000 * T, 0), "times"),
        ("time_us", fixed(1e6 * T, 0), "times"),
        ("timestamp", [f"{1709682000 + t:.4f}" for t in T.tolist()], "times"),
        ("timestamp", [f"{1709682000000 + 4 * n}" for n in range(N)], "times"),
        ("timestamp", [f"{1709682000000000 + 4000 * n}" for n in range(N)], "times"),
        ("timestamp", [f"{1709682000000000000 + 4000000 * n}" for n in range(N)], "times"),
        ("minutes", fixed(T / 60, 7), "times"),
        ("time", fixed(45356.5 + T / 86400, 10), "times"),
        ("timestamp", cut(stamps("%Y-%m-%dT%H:%M:%S.%f")), "times"),
        ("Time", [f"{cell[:-3]}+00:00" for cell in stamps("%Y-%m-%d %H:%M:%S.%f")], "times"),
        ("Datum", cut(stamps("%d.%m.%Y %H:%M:%S.%f")), "times"),
        ("Date/Time", stamps("%m/%d/%Y %I:%M:%S.%f %p"), "times"),
        ("Time", cut(stamps("%H:%M:%S.%f")), "times"),
        ("Time", stamps("%Y-%m-%d %H:%M:%S"), "times"),
        ("Time", [f"{t:g} sec" for t in T.tolist()], "times"),
        ("", [f"0 days 00:00:{t:09.6f}" for t in T.tolist()], "times"),
        ("Time", [f"{n // 15000 % 60:02}:{n % 15000 // 25 / 10:04.1f}" for n in range(898_000, 898_000 + N)], "times"),
        ("time [s/250]", [str(n) for n in range(N)], "times"),
        ("anything", fixed(T), "times"),
        ("x", fixed(1000 * T, 0), "times"),
    ],
)
def test_times_of_any_clock_and_unit_give_the_rate(name, times, fs_from, signal, read):
    recording = read(f"{name},ECG\n{lines(times, fixed(signal))}")
    assert (recording.leads, recording.fs, recording.read_as.fs_from) == (("ECG",), 250.0, fs_from)
    np.testing.assert_allclose(recording.signals[0], signal, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "times", "begun"),
    [
        ("timestamp", cut(stamps("%Y-%m-%dT%H:%M:%S.%f")), BEGUN),
        ("timestamp", [f"{cell}Z" for cell in stamps("%Y-%m-%dT%H:%M:%S.%f")], BEGUN.replace(tzinfo=UTC)),
        (
            "unix_time",
            [f"{BEGUN.replace(tzinfo=UTC).timestamp() + t:.3f}" for t in T.tolist()],
            BEGUN.replace(tzinfo=UTC),
        ),
        ("Date,Time", [",".join(pair) for pair in zip(stamps("%Y-%m-%d"), stamps("%H:%M:%S.%f"), strict=True)], BEGUN),
        ("time", fixed(T), None),
        ("Time", stamps("%H:%M:%S.%f"), None),
    ],
)
def test_when_a_recording_began_is_known_by_dates_alone(name, times, begun, signal, read):
    assert read(f"{name},ECG\n{lines(times, fixed(signal))}").begun == begun


def test_a_table_without_names_has_times_first(signal, read):
    recording = read(lines(fixed(T), fixed(signal)))
    assert (recording.leads, recording.fs) == (("column 2",), 250.0)
    assert recording.warnings == ()


def test_times_without_a_unit_that_are_no_seconds_are_warned_of(signal, read):
    for names in ("", "time,ecg\n"):
        recording = read(names + lines(fixed(1000 * T, 0), fixed(signal)))
        assert recording.fs == 250 and kinds(recording) == ["rate_guessed"]
        assert "were taken as ms, which makes 250 samples a second" in recording.warnings[0].message


def test_a_count_of_rows_is_no_clock(signal, read):
    text = lines(map(str, range(N)), fixed(signal))
    with pytest.raises(InvalidSignals, match="has no column of times; say its rate"):
        read(text)
    assert read(text, fs=250).leads == ("column 2",)


@pytest.mark.parametrize("said", [125.0, 250.0, 500.0])
def test_the_rate_that_is_said_is_stronger_than_that_of_the_times(said, signal, read):
    for times in (fixed(T), fixed(4 * np.arange(N), 0), map(str, range(N))):
        recording = read("time,ECG\n" + lines(times, fixed(signal)), fs=said)
        assert (recording.fs, recording.read_as.fs_from, recording.signals.shape) == (said, "option", (1, N))


def test_times_that_contradict_the_rate_that_is_said_are_warned_of(signal, read):
    recording = read("time,ECG\n" + lines(fixed(T + (T > 10)), fixed(signal)), fs=500)
    assert kinds(recording) == ["times"] and not np.isnan(recording.signals).any()


def test_a_rate_before_the_table_decides_on_the_unit_of_times(signal, read):
    recording = read("# fs=250\ntime,ECG\n" + lines(fixed(4 * np.arange(N), 0), fixed(signal)))
    assert (recording.fs, recording.read_as.fs_from, recording.warnings) == (250.0, "file", ())


def test_times_that_contradict_a_rate_before_the_table_are_taken_and_warned_of(signal, read):
    recording = read("# fs=1000\ntime (s),ECG\n" + lines(fixed(T), fixed(signal)))
    assert recording.fs == 250 and kinds(recording) == ["rate_guessed"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("HR", ["95"] * N),
        ("heart_rate", fixed(60 + 10 * np.sin(T), 2)),
        ("SignalQuality", ["1"] * N),
        ("Photosensor", fixed(np.sin(9 * T))),
        ("Note", ["a word"] + [""] * (N - 1)),
        ("unix_time", [f"{1709682000 + n // 250}" for n in range(N)]),
        ("index", [str(n) for n in range(N)]),
        ("what", [str(n) for n in range(N)]),
        ("spare", ["0"] * N),
        ("pressed", [str(n // 2000 % 2) for n in range(N)]),
        ("X", fixed(np.cos(7 * T))),
        ("FC", fixed(60 + np.floor(T), 0)),
        ("comment of someone", ["word"] * N),
        ("flow (l/min)", fixed(np.sin(T))),
    ],
)
def test_a_column_that_is_no_lead_is_left_out_with_the_reason(name, values, signal, read):
    recording = read(f"time,ECG,{name}\n{lines(fixed(T), fixed(signal), values)}")
    assert recording.leads == ("ECG",)
    assert [left.name for left in recording.read_as.left_out] == [name.removesuffix(" (l/min)")]
    assert all(left.reason for left in recording.read_as.left_out)


@pytest.mark.parametrize(
    "values", [["0"] * N, [str(n % 16) for n in range(N)], ["60"] * 2500 + ["61"] * 2500, ["x"] * N]
)
def test_columns_without_names_are_judged_by_their_values(values, signal, read):
    recording = read(lines(fixed(T), fixed(signal), values))
    assert recording.leads == ("column 2",)
    assert [left.name for left in recording.read_as.left_out] == ["column 3"]


def test_axes_are_leads_where_nothing_else_is(made, read):
    recording = read("time,X,Y\n" + lines(fixed(T), *map(fixed, made.signals.tolist())))
    assert recording.leads == ("X", "Y")


def test_a_column_of_nobodys_name_is_a_lead_where_no_other_is_named_as_one(made, read):
    rows = lines(fixed(T), *map(fixed, made.signals.tolist()))
    assert read(f"time,ch1,ch2\n{rows}").leads == ("ch1", "ch2")
    assert read(f"time,ECG,ch2\n{rows}").leads == ("ECG",)


@pytest.mark.parametrize(
    ("name", "values"), [("HR", None), ("ch2", None), ("spare", ["0"] * N), ("flow (l/min)", None)]
)
def test_the_column_that_is_said_to_be_a_lead_is_one(name, values, made, read):
    second = values or fixed(made.signals[1].tolist())
    recording = read(f"time,ECG,{name}\n{lines(fixed(T), fixed(made.signals[0]), second)}", lead=name.split()[0])
    assert recording.leads == ("ECG", name.split()[0])
    assert choose_leads(recording, name.split()[0])[0] == 1


def test_a_lead_that_is_not_there_is_not_made_up(signal, read):
    recording = read(f"time,ECG\n{lines(fixed(T), fixed(signal))}", lead="V9")
    with pytest.raises(UnknownLead):
        choose_leads(recording, "V9")


def test_words_in_a_column_of_numbers_are_gaps(signal, read):
    cells = fixed(signal)
    cells[100:199] = ["lead off"] * 99
    recording = read(f"time,ECG\n{lines(fixed(T), cells)}")
    assert np.flatnonzero(np.isnan(recording.signals[0])).tolist() == list(range(100, 199))


def test_lines_below_the_table_are_no_rows(signal, read):
    recording = read(f"time,ECG\n{lines(fixed(T), fixed(signal))}# the end\nTotal,none\n")
    assert recording.signals.shape == (1, N) and recording.warnings == ()


@pytest.mark.parametrize(
    ("factor", "unit", "warned"),
    [(1e-3, "V", ["unit_guessed"]), (1e3, "uV", ["unit_guessed"]), (1.0, "mV", [])],
)
def test_a_unit_that_nobody_says_is_that_which_the_values_look_like(factor, unit, warned, signal, read):
    text = f"time,ECG\n{lines(fixed(T), fixed(factor * signal, 7))}"
    recording = read(text)
    assert recording.read_as.leads[0].unit == unit and kinds(recording) == warned
    np.testing.assert_allclose(recording.signals[0], signal, atol=2e-4)
    said = read(text, unit="V")
    assert said.read_as.leads[0].unit_from == "option" and said.warnings == ()
    np.testing.assert_allclose(said.signals[0], 1000 * factor * signal, rtol=1e-3, atol=0.3)


@pytest.mark.parametrize(
    ("unit", "factor", "warned"), [("mV", 1.0, 0), ("mV", 1e-3, 1), ("mV", 1e3, 1), ("V", 1.0, 1), ("uV", 1e3, 0)]
)
def test_a_unit_that_waves_cannot_be_in_is_obeyed_and_warned_of(unit, factor, warned, signal, read):
    recording = read(f"time,ECG ({unit})\n{lines(fixed(T), fixed(factor * signal, 7))}")
    assert recording.read_as.leads[0].unit == unit and len(recording.warnings) == warned
    assert all("mV high; if it is in another unit, say it" in warning.message for warning in recording.warnings)


def test_a_long_name_of_what_is_left_out_is_shortened(signal, read):
    recording = read(f"time,ECG,{'heart rate ' * 50}\n{lines(fixed(T), fixed(signal), ['60'] * N)}")
    assert recording.leads == ("ECG",) and max(map(len, recording.left_out)) <= 100


def test_counts_are_read_and_said_to_be_no_mv(signal, read):
    recording = read(f"time,ECG\n{lines(fixed(T), fixed(2048 + 200 * signal, 0))}")
    assert kinds(recording) == ["uncalibrated"]
    np.testing.assert_allclose(np.ptp(recording.signals[0]), np.ptp(signal), rtol=0.02)


@pytest.mark.parametrize(
    "text",
    [
        "time,ECG\n" + lines(fixed(1000 * T, 0), ["1", "2"] * 2500),
        "time,ECG\n" + lines(fixed(T), ["0.001", "0.002"] * 2500),
        "time,ECG\n" + lines(fixed(T), ["2048", "2248"] * 2500),
        "time,ECG\n" + lines([*fixed(T[:3000]), *fixed(T[:2000])], ["1", "2"] * 2500),
        "time,ECG\n" + lines([*fixed(T[:2499]), "noon", *fixed(T[2500:])], ["1", "2"] * 2500),
    ],
)
def test_what_is_warned_of_is_refused_where_the_caller_is_strict(text, read):
    assert len(read(text).warnings) == 1
    with pytest.raises(UnreadableRecording, match="leave out strict to read it all the same"):
        read(text, strict=True)


@pytest.mark.parametrize("value", ["0.5", "{:.18e}"])
@pytest.mark.parametrize("columns", [187, 188])
def test_beats_in_rows_are_pointed_to_where_they_belong(columns, value, read):
    row = ",".join([value.format(0.5)] * 187 + ["3.0"] * (columns - 187))
    counted = ",".join(map(str, range(columns))) + "\n"
    for header in ("", counted):
        with pytest.raises(UnreadableRecording, match=r"holds beats, not a recording.*send them to POST /classify"):
            read(header + f"{row}\n" * 4)


def test_apples_export_is_read_in_whatever_language(signal, read):
    values = "\n".join(commas(fixed(1000 * signal))).replace("-", "\N{MINUS SIGN}")
    text = (
        "Name,Max Mustermann\nGeburtsdatum,01.01.1980\nAufgezeichnet am,2024-01-01 10:14:40 +0100\n"
        'Gerät,"Watch6,7"\nMessrate,"250,000 Hertz"\n\n\nAbleitung,Ableitung I\nEinheit,µV\n\n'
    )
    recording = read(text + values + "\n")
    assert (recording.leads, recording.fs, recording.read_as.format) == (("I",), 250.0, "Apple Health CSV")
    assert "Mustermann" not in repr(recording.read_as)
    np.testing.assert_allclose(recording.signals[0], signal, atol=1e-5)


@pytest.mark.parametrize(
    ("thousand", "decimal", "names", "separator"),
    [(".", ",", "Einheit,µV\n\n", "\n"), (".", ",", "Zeit;EKG (µV)\n", ";"), (",", ".", "time,ECG (uV)\n", ",")],
)
def test_a_sign_may_stand_between_thousands(thousand, decimal, names, separator, signal, read):
    scaled = 1000 * signal
    cells = [
        f"{value:,.2f}".replace(",", "_").replace(".", decimal).replace("_", thousand) for value in scaled.tolist()
    ]
    if separator == "\n":
        recording = read(names + "\n".join(cells) + "\n", fs=250)
    else:
        quoted = [f'"{cell}"' for cell in cells]
        times = [time.replace(".", decimal) for time in fixed(T)]
        recording = read(names + lines(times, quoted, separator=separator))
    assert max(map(len, cells)) > 7
    np.testing.assert_allclose(recording.signals[0], signal, atol=1e-5)


def test_the_only_lead_has_the_name_in_the_lines_before_the_table(signal, read):
    for text in (f"Lead: V2\nUnits: uV, uV\n{lines(fixed(T), fixed(1000 * signal))}",):
        recording = read(text)
        assert recording.leads == ("V2",) and recording.read_as.leads[0].unit == "uV"


def test_polars_clocks_are_three_and_the_finest_is_taken(signal, read):
    sent = [(BEGUN + timedelta(seconds=n // 73 * 73 / 130)).isoformat(timespec="milliseconds") for n in range(N)]
    device = [str(599631282000000000 + round(n * 1e9 / 130)) for n in range(N)]
    since = fixed(np.arange(N) * 1000 / 130, 6)
    names = "Phone timestamp;sensor timestamp [ns];timestamp [ms];ecg [uV]\n"
    recording = read(names + lines(sent, device, since, fixed(1000 * signal, 0), separator=";"), name="made.txt")
    assert (recording.fs, recording.leads, recording.begun) == (130.0, ("ecg",), BEGUN)
    assert recording.read_as.format == "Polar Sensor Logger"
    assert LeftOut("Phone timestamp", "it holds times") in recording.read_as.left_out
    np.testing.assert_allclose(recording.signals[0], signal, atol=1e-3)


def test_opensignals_names_its_columns_in_its_header(signal, read):
    header = (
        '# OpenSignals Text File Format. Version 1\n# {"00:00": {"sensor": ["ECG"], "column": ["nSeq", "I1", "O1", '
        '"A1"], "sampling rate": 250, "resolution": [4, 1, 1, 10], "label": ["A1"]}}\n# EndOfHeader\n'
    )
    counted = [f"{n % 16}\t0\t0\t{value:.0f}\t" for n, value in enumerate(512 + 341 * signal)]
    recording = read(header + "\n".join(counted) + "\n", name="made.txt")
    assert (recording.leads, recording.fs, kinds(recording)) == (("ECG",), 250.0, ["uncalibrated"])
    assert [left.name for left in recording.read_as.left_out] == ["nSeq", "I1", "O1"]
    np.testing.assert_allclose(np.ptp(recording.signals[0]), np.ptp(signal), rtol=0.02)


def test_labchart_and_biosppy_give_names_and_rate_in_their_headers(made, read):
    labchart = "Interval=\t0.004 s\nExcelDateTime=\t4.1e+004\nChannelTitle=\tECG\tResp\nRange=\t10 mV\t5 V\n"
    rows = lines(fixed(T), *map(fixed, made.signals.tolist()), separator="\t")
    recording = read(labchart + rows, name="made.txt")
    assert (recording.leads, recording.fs, recording.read_as.leads[0].unit) == (("ECG",), 250.0, "mV")
    biosppy = "# Simple Text Format\n# Sampling Rate (Hz):= 250.00\n# Resolution:= 12\n# Labels:= ECG\tRESP\n"
    rows = lines(*map(fixed, made.signals.tolist()), separator="\t")
    recording = read(biosppy + rows, name="made.txt")
    assert (recording.leads, recording.fs, recording.read_as.format) == (("ECG",), 250.0, "BioSPPy")


def test_what_was_read_says_which_column_each_lead_is(made, read):
    recording = read("n,time (s),II (mV),HR,V1\n" + lines(
        map(str, range(N)), fixed(T), fixed(made.signals[0]), ["60"] * N, fixed(made.signals[1])
    ))  # fmt: skip
    leads = [(lead.name, lead.unit, lead.unit_from, lead.column) for lead in recording.read_as.leads]
    assert leads == [("II", "mV", "file", 3), ("V1", "mV", "default", 5)]
    assert recording.left_out == ("HR (no unit)",)
    assert [left.name for left in recording.read_as.left_out] == ["n", "HR"]
