"""POST /recordings, and those that are kept."""

import io
import json
import socket
import threading
import time
import zipfile

import httpx2 as httpx
import numpy as np
import pytest
import wfdb
from edfio import Edf, EdfSignal
from starlette.testclient import TestClient

from app import service
from app.recordings.schemas import AnnotatedResponse
from app.routes import recordings
from app.settings import Settings
from ecg import workspace
from ecg.synthetic import synthesize
from tests.app.conftest import started
from tests.app.metrics.test_metrics import parsed, samples, total
from tests.app.routes.test_classify import assert_problem, wait_for

MADE = synthesize(60, fs=250.0, ectopic={"V": 0.15}, leads=("MLII", "V1"), seed=5)
TRUE = MADE.beat_annotations().samples


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """The header and the signal file of a recording."""
    folder = tmp_path_factory.mktemp("posted")
    wfdb.wrsamp(
        "made", 250, ["mV", "mV"], list(MADE.leads), MADE.signals.T.astype(float), fmt=["16"] * 2, write_dir=str(folder)
    )
    return {name: (folder / name).read_bytes() for name in ("made.hea", "made.dat")}


@pytest.fixture
def post(client):
    def post(files, accept="application/json", **fields):
        parts = [("files", (name, content)) for name, content in files.items()]
        return client.post("/recordings", files=parts, data=fields, headers={"Accept": accept})

    return post


def signals_of(made, leads=MADE.leads):
    return {
        lead: [round(float(value), 4) for value in signal] for lead, signal in zip(leads, made.signals, strict=True)
    }


def assert_is_that_of_made(body, lead="MLII"):
    answer = AnnotatedResponse.model_validate(body)
    found = np.array([beat.sample for beat in answer.beats])
    assert abs(len(found) - len(TRUE)) <= 2
    assert np.abs(found[:, None] - TRUE).min(axis=1).max() <= 12
    assert (answer.recording.fs, answer.recording.lead, answer.recording.reason) == (250.0, lead, None)
    assert answer.recording.beats == len(answer.beats) == sum(answer.rhythm.counts.values())
    for beat in answer.beats:
        assert beat.time == pytest.approx(beat.sample / 250, abs=1e-3)
        assert (beat.label is None) == (beat.quality != "good") == (beat.receipt is None) == beat.abstained
        assert beat.reason == (None if beat.quality == "good" else "poor_signal")
    return answer


def test_a_wfdb_recording_is_answered_with_its_beats_and_its_rhythm(post, files):
    response = post(files)
    assert response.status_code == 200
    answer = assert_is_that_of_made(response.json())
    assert answer.recording.name == "made" and answer.recording.id is None
    assert 60 < answer.rhythm.heart_rate.mean < 80 and len(answer.rhythm.hours) == 1


def test_a_zip_of_it_is_answered_the_same(post, files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, content in files.items():
            opened.writestr(f"folder/{name}", content)
    assert post({"any.zip": packed.getvalue()}).json() == post(files).json()


def test_an_edf_is_answered(post, tmp_path):
    signals = [
        EdfSignal(signal.astype(float) * 1000, 250, label=f"ECG {lead}", physical_dimension="uV")
        for lead, signal in zip(("II", "V1"), MADE.signals, strict=True)
    ]
    Edf(signals).write(tmp_path / "made.edf")
    assert_is_that_of_made(post({"made.edf": (tmp_path / "made.edf").read_bytes()}).json(), "ECG II")


def test_a_csv_is_answered_at_the_rate_that_is_said(post):
    text = "II,V1\n" + "".join(f"{a:.4f},{b:.4f}\n" for a, b in MADE.signals.T.tolist())
    assert_is_that_of_made(post({"made.csv": text.encode()}, fs="250").json(), "II")
    assert_problem(post({"made.csv": text.encode()}), 422, "say its rate")


@pytest.fixture(scope="session")
def volts():
    """A table in volts, which nobody says, of a device that also counts beats."""
    rows = (
        f"2024-03-05T08:00:{n / 250:06.3f}Z,{value / 1000:.7f},72\n"
        for n, value in enumerate(MADE.signals[0, :10_000].tolist())
    )
    return {"volts.csv": ("time,ECG,HR\n" + "".join(rows)).encode()}


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_an_answer_says_how_the_file_was_read_and_what_was_warned_of(accept, post, volts):
    text = post(volts, accept).text
    recording = json.loads(text.splitlines()[0])["recording"]
    assert recording["read_as"] == {
        "format": "CSV",
        "fs": 250.0,
        "fs_from": "times",
        "leads": [{"name": "ECG", "unit": "V", "unit_from": "values", "column": 2}],
        "left_out": [{"name": "HR", "reason": "its name is not that of a lead"}],
    }
    assert [warning["kind"] for warning in recording["warnings"]] == ["unit_guessed"]
    assert recording["begun"] == "2024-03-05T08:00:00+00:00" and recording["left_out"] == ["HR (no unit)"]


def test_what_a_caller_says_is_stronger_and_is_not_warned_of(post, volts):
    recording = post(volts, fs="200", unit="uV", lead="HR").json()["recording"]
    read = recording["read_as"]
    assert (read["fs"], read["fs_from"], recording["lead"]) == (200.0, "option", "HR")
    assert {lead["unit_from"] for lead in read["leads"]} == {"option"}
    assert [warning["kind"] for warning in recording["warnings"]] == ["times"]


@pytest.mark.parametrize(
    ("set_to", "asked", "status"), [(False, None, 200), (False, "true", 422), (True, None, 422), (True, "false", 200)]
)
def test_what_is_warned_of_is_refused_where_that_is_asked_for(set_to, asked, status, served, volts):
    parts = [("files", (name, content)) for name, content in volts.items()]
    with TestClient(service.create(served, Settings(strict=set_to, workers=1))) as client:
        response = client.post("/recordings", files=parts, data={"strict": asked} if asked else {})
    assert response.status_code == status


def test_signals_as_json_are_read_as_they_are_said_to_be(client):
    body = {"signals": signals_of(MADE), "fs": 250, "unit": "mV"}
    recording = client.post("/recordings", json=body).json()["recording"]
    assert (recording["read_as"]["format"], recording["read_as"]["fs_from"]) == ("JSON", "option")
    assert [lead["column"] for lead in recording["read_as"]["leads"]] == [1, 2]


def test_signals_as_json_are_answered(client):
    body = {"signals": signals_of(MADE), "fs": 250, "name": "mine"}
    answer = assert_is_that_of_made(client.post("/recordings", json=body).json())
    assert answer.recording.name == "mine"


def test_options_are_obeyed(post, files):
    answer = post(files, lead="V1", model="odenet", solver='{"method": "rk4", "step": 0.5}').json()
    assert answer["recording"]["lead"] == "V1"
    assert {beat["receipt"]["method"] for beat in answer["beats"] if beat["receipt"]} == {"rk4"}
    assert post(files, model="resnet").json()["recording"]["model"]["name"] == "resnet"


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"lead": "V9"}, 422, "lead: got the lead 'V9', expected one of: MLII, V1"),
        ({"model": "oracle"}, 404, "got the model 'oracle'"),
        ({"solver": "{"}, 422, "solver: got '{', expected a JSON object"),
        ({"solver": '{"rtol": 7}'}, 422, "solver.rtol: got 7, expected"),
        ({"solver": "{}", "model": "resnet"}, 422, "solver: got solver settings, but resnet solves no equation"),
        ({"lid": "II"}, 422, "lid: got a field that is not known here"),
        ({"fs": "many"}, 422, "fs:"),
        ({"keep": "perhaps"}, 422, "keep:"),
    ],
)
def test_options_that_cannot_be_are_told(fields, status, message, post, files):
    assert_problem(post(files, **fields), status, message)


def test_an_option_that_comes_twice_is_refused(client, post, files):
    assert_problem(post(files, coverage=["1", "0.9"]), 422, "coverage", "got it twice")
    twice = json.dumps({"fs": MADE.fs, "signals": signals_of(MADE)})[:-1] + ', "fs": 250}'
    refused = client.post("/recordings", content=twice, headers={"Content-Type": "application/json"})
    assert_problem(refused, 422, "fs", "got it twice")


def test_the_form_of_the_answer_is_that_of_accept(post, files, tmp_path):
    beats = post(files).json()["beats"]
    rows = post(files, "text/csv").text.splitlines()
    assert rows[0].startswith("sample,time,label,N,S,V,F,Q,quality") and len(rows) == len(beats) + 1
    assert [int(row.split(",")[0]) for row in rows[1:]] == [beat["sample"] for beat in beats]
    annotation = post(files, "application/x-wfdb")
    assert annotation.headers["content-disposition"] == 'attachment; filename="made.cde"'
    (tmp_path / "made.cde").write_bytes(annotation.content)
    read = wfdb.rdann(str(tmp_path / "made"), "cde")
    assert read.sample.tolist() == [beat["sample"] for beat in beats]
    assert read.symbol == [beat["label"] or "?" for beat in beats] and read.fs == 250
    lines = [json.loads(line) for line in post(files, "application/x-ndjson").text.splitlines()]
    assert [line["beat"] for line in lines if "beat" in line] == beats
    others = [next(iter(line)) for line in lines if "beat" not in line]
    assert others == ["recording", "progress", "progress", "rhythm", "recording"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("", "application/json"),
        ("text/*", "text/csv"),
        ("text/html, text/csv;q=0.5, */*;q=0.1", "text/csv"),
        ("application/json;q=0, application/x-ndjson", "application/x-ndjson"),
    ],
)
def test_what_accept_prefers_is_sent(accept, kind, post, files):
    assert post(files, accept).headers["content-type"].split(";")[0] == kind


def test_an_accept_that_nothing_fits_is_told_what_there_is(post, files):
    assert_problem(
        post(files, "image/png"), 406, "got Accept: 'image/png', expected one of: application/json, text/csv"
    )


def test_beats_may_be_left_out_of_the_lines(post, files):
    lines = post(files, "application/x-ndjson", beats="false").text.splitlines()
    assert "beat" not in {next(iter(json.loads(line))) for line in lines}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: {"made.hea": f["made.hea"]}, "names the file made.dat, which is not there"),
        (lambda f: {"made.dat": f["made.dat"]}, "got made.dat: that is no recording"),
        (lambda f: f | {"made.dat": b""}, "hold no sample"),
        (lambda f: {"made.pdf": b"%PDF-1.7"}, "made.pdf is a PDF, which holds a drawing of an ECG and no samples"),
        (lambda f: f | {"made.hea": f["made.hea"].replace(b"made.dat", b"../made.dat")}, "bare name"),
        (lambda f: f | {"made.hea": f["made.hea"].replace(b"made.dat", b"/etc/passwd")}, "bare name"),
        (lambda f: f | {"made.hea": f["made.hea"].replace(b"made.dat", b"http://a.example/b")}, "bare name"),
        (lambda f: f | {"other.hea": f["made.hea"]}, "2 recordings"),
        (lambda f: {"no.zip": b"PK"}, "no.zip is no zip"),
        (lambda f: {"..": b"x"}, "expected one such as 100.hea"),
        (lambda f: {}, "got no file"),
        (lambda f: f | {"a.zip": b"PK"}, "expected one zip that holds all"),
    ],
)
def test_a_bad_recording_is_refused_with_what_is_wrong(change, message, post, client, files):
    changed = change(files)
    response = post(changed) if changed else client.post("/recordings", files={"lead": (None, "II")})
    assert_problem(response, 422, message)


@pytest.mark.parametrize("header", [b"made 2 0 15000\n", b"made 2 1e9 15000\n", b"made 2 250 9999999999999\n"])
def test_an_absurd_header_is_refused(header, post, files):
    assert_problem(post(files | {"made.hea": header + files["made.hea"].split(b"\n", 1)[1]}), 422)


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        ([0.0] * 5000, "flat"),
        ([None] * 5000, "flat or was not recorded"),
        (np.random.default_rng(0).normal(0, 0.3, 20_000).tolist(), "nothing in it looks like an ECG"),
        (MADE.signals[0, :300].tolist(), "fewer than 3 beats"),
        ([], "no samples"),
    ],
)
def test_what_is_no_ecg_is_answered_with_no_beats_and_the_reason(signal, reason, client):
    response = client.post("/recordings", json={"signals": {"II": signal}, "fs": 250})
    assert response.status_code == 200
    answer = AnnotatedResponse.model_validate(response.json())
    assert answer.beats == [] and reason in answer.recording.reason
    assert answer.rhythm.heart_rate is None


def test_a_recording_without_leads_is_answered_so(post, files):
    header = files["made.hea"].replace(b"/mV", b"/mmHg")
    answer = post(files | {"made.hea": header}).json()
    assert answer["beats"] == [] and "it has MLII (mmHg), V1 (mmHg)" in answer["recording"]["reason"]
    assert post(files | {"made.hea": header}, "application/x-wfdb").content == b"\0\0"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"signals": {}, "fs": 250}, "signals:"),
        ({"signals": {"II": [0.0], "V1": []}, "fs": 250}, "of equal length"),
        ({"signals": {"II": ["x"]}, "fs": 250}, "signals.II.0:"),
        ({"signals": {"II": ["0.5"]}, "fs": 250}, "signals.II.0:"),
        ({"signals": {"II": [0.0]}, "fs": "250"}, "fs:"),
        ({"signals": {"II": [0.0]}, "fs": 250, "keep": 1}, "keep:"),
        ({"signals": {"II": [0.0]}}, "fs: Field required"),
        ({"signals": {"II": [0.0]}, "fs": 0}, "got 0 samples a second"),
        ({"signals": {"II": [0.0]}, "fs": 250, "unit": "kg"}, "got the unit 'kg'"),
        ({"signals": {"II": [0.0]}, "fs": 250, "name": "../x"}, "name:"),
        (0, "body: expected a JSON object"),
        ([], "body: expected a JSON object"),
    ],
)
def test_json_that_is_no_recording_is_refused(body, message, client):
    assert_problem(client.post("/recordings", json=body), 422, message)


LONG = "x" * 1_000_000


@pytest.mark.parametrize(
    "body",
    [
        {"signals": {LONG: [0.0]}},
        {"signals": {LONG: ["x"]}},
        {"signals": {"II": [0.0]}, LONG: 1},
        {"signals": {"II": [0.0]}, "lead": LONG},
        {"signals": {"II": [0.0]}, "model": LONG},
        {"signals": {"II": [0.0]}, "unit": LONG},
        {"signals": {"II": [0.0]}, "solver": {"method": LONG}},
        {"signals": {str(lead): [0.0] * lead for lead in range(64)}},
        {"signals": {f"lead {lead}": [0.0] for lead in range(64)}, "lead": "V1"},
    ],
)
def test_a_message_is_short_however_long_the_names_that_were_sent(body, client):
    response = client.post("/recordings", json=body | {"fs": 250})
    assert response.status_code in (404, 422)
    assert_problem(response, response.status_code)
    assert len(response.content) < 2000


def test_so_it_is_for_a_form(post, client, files):
    many = {f"{number:0150}.dat": b"" for number in range(2000)}
    response = post(many)
    assert_problem(response, 422, "and 1,990 more: that is no recording")
    assert len(response.content) < 3000
    for fields in ({LONG[:5000]: "1"}, {"lead": LONG[:5000]}, {"solver": LONG[:5000]}):
        assert len(post(files, **fields).content) < 1000
    for kind in (LONG[:5000], f"multipart/form-data; boundary=b; charset={LONG[:5000]}"):
        assert len(client.post("/recordings", content=b"x", headers={"Content-Type": kind}).content) < 1000


def test_what_macos_adds_counts_for_nothing(post, files):
    added = {".DS_Store": b"x", "._made.hea": b"x", "__MACOSX/._made.dat": b"x"}
    assert post(files | added).json() == post(files).json()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, content in (files | added).items():
            opened.writestr(name, content)
    assert post({"any.zip": packed.getvalue()}).json() == post(files).json()


@pytest.mark.parametrize("name", ["made.hea", "made.HEA", "\u00e9.hea", "e\u0301.hea"])
@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"made",
        b"made 2 250 15000\nmade.dat 16x0 200/mV\n" * 2,
        "é 1 250 15000\né.dat 16\n".encode(),
        b"\xff" * 100,
    ],
)
def test_what_is_wrong_with_a_header_is_told_without_our_folders(name, header, post, files):
    response = post({name: header, "made.dat": files["made.dat"]})
    assert_problem(response, 422, name)
    assert "cardiode-" not in response.text and "index out of range" not in response.text


@pytest.mark.parametrize("charset", ["utf-7", "undefined", "unicode_escape"])
def test_a_form_in_a_strange_encoding_is_refused(charset, client):
    name = {"utf-7": "+2AA-.csv", "unicode_escape": "\\ud800.csv"}.get(charset, "a.csv")
    part = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n1\r\n--b--\r\n'
    kind = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
    assert client.post("/recordings", content=part.encode(), headers=kind).status_code == 415


def test_what_is_neither_json_nor_a_form_is_refused(client):
    assert_problem(client.post("/recordings", content=b"x", headers={"Content-Type": "text/plain"}), 415, "multipart")
    json_type = {"Content-Type": "application/json"}
    assert_problem(client.post("/recordings", content=b"{", headers=json_type), 400, "not JSON")
    form = {"Content-Type": "multipart/form-data"}
    assert_problem(client.post("/recordings", content=b"--x\r\nbroken", headers=form), 400)


def service_with(served, **settings):
    return TestClient(service.create(served, Settings(**settings)), raise_server_exceptions=False)


def test_a_recording_over_the_limits_is_refused_with_the_limit(served, files):
    parts = [("files", item) for item in files.items()]
    with service_with(served, max_recording_bytes=1000) as client:
        big = [("files", ("made.dat", bytes(200_000)))]
        assert_problem(client.post("/recordings", files=big), 413, "101,000 bytes")
    with service_with(served, max_body_bytes=1000) as client:
        body = {"signals": signals_of(MADE), "fs": 250}
        assert_problem(client.post("/recordings", json=body), 413, "1,000 bytes; send the recording as a file")
    with service_with(served, max_recording_values=29_999) as client:
        assert_problem(
            client.post("/recordings", files=parts), 413, "15,000 samples of 2 leads, expected at most 29,999"
        )
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("made.dat", bytes(20_000_000))
    with service_with(served, max_recording_bytes=1_000_000) as client:
        assert_problem(client.post("/recordings", files=[("files", ("b.zip", bomb.getvalue()))]), 413, "when unpacked")


def test_more_recordings_than_may_be_at_once_are_told_to_wait(served, files, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    choose_leads = recordings.choose_leads  # type: ignore[attr-defined]

    def slow(*arguments):
        begun.set()
        go_on.wait()
        return choose_leads(*arguments)

    monkeypatch.setattr(recordings, "choose_leads", slow)
    parts = [("files", item) for item in files.items()]
    with service_with(served, recordings_at_once=1) as client:
        answers = []
        first = threading.Thread(target=lambda: answers.append(client.post("/recordings", files=parts)))
        first.start()
        begun.wait(30)
        refused = client.post("/recordings", files=parts)
        go_on.set()
        first.join()
        assert_problem(refused, 503, "try again")
        assert refused.headers["retry-after"] == "5"
        assert answers[0].status_code == 200
        assert client.post("/recordings", files=parts).status_code == 200


@pytest.fixture
def kept(post, files):
    return post(files, keep="true").json()


def test_a_kept_recording_can_be_asked_for_again(kept, client, post, files):
    path = f"/recordings/{kept['recording']['id']}"
    assert client.get(path).json() == kept
    assert client.get(path, headers={"Accept": "text/csv"}).text == post(files, "text/csv").text


def test_its_beats_come_in_columns_and_one_by_one(kept, client):
    path = f"/recordings/{kept['recording']['id']}/beats"
    columns = client.get(path).json()
    assert columns["sample"] == [beat["sample"] for beat in kept["beats"]]
    assert list(columns["label"]) == [beat["label"] or "?" for beat in kept["beats"]]
    assert columns["quality"] == {str(n): b["quality"] for n, b in enumerate(kept["beats"]) if b["quality"] != "good"}
    for number in (0, 7, len(kept["beats"]) - 1):
        assert client.get(f"{path}/{number}").json() == kept["beats"][number]
    assert_problem(client.get(f"{path}/{len(kept['beats'])}"), 404)
    assert_problem(client.get(f"{path}/-1"), 404)


def test_one_of_its_beats_is_explained_as_it_would_be_by_itself(kept, client):
    path = f"/recordings/{kept['recording']['id']}"
    good = next(n for n, beat in enumerate(kept["beats"]) if beat["label"])
    first = client.get(f"{path}/beats/{good}/explanation").json()
    assert len(first["relevance"]) == 187 and any(first["relevance"]) and first["parts"] is None
    client.post(f"{path}/decisions", json={"model": "resnet"})
    assert client.get(f"{path}/beats/{good}/explanation").json() != first
    client.post(f"{path}/decisions", json={"model": "odenet", "solver": {"max_evaluations": 1}})
    failed = client.get(f"{path}/beats/{good}/explanation")
    assert (failed.status_code, failed.json()) == (200, None)
    for number in (-1, len(kept["beats"])):
        assert_problem(client.get(f"{path}/beats/{number}/explanation"), 404)
    assert_problem(client.get(f"/recordings/unknown/beats/{good}/explanation"), 404)


def test_its_signal_comes_in_tiles(kept, client):
    path = f"/recordings/{kept['recording']['id']}/tiles"
    tile = np.frombuffer(client.get(f"{path}/0/2").content, "<f4").reshape(2, 2, 1024)
    np.testing.assert_allclose(tile[:, 0], MADE.signals[:, 2048:3072], atol=1e-3)
    assert client.get(f"{path}/0/1000").content == b""
    assert len(client.get(f"{path}/40/0").content) == 2 * 2 * 4
    assert_problem(client.get(f"{path}/-1/0"), 422)
    assert_problem(client.get(f"{path}/41/0"), 422)


def test_its_beats_can_be_decided_on_anew(kept, client):
    path = f"/recordings/{kept['recording']['id']}"
    response = client.post(f"{path}/decisions", json={"solver": {"method": "rk4", "step": 0.5}})
    lines = {}
    for line in response.text.splitlines():
        lines |= json.loads(line)
    assert list(lines) == ["progress", "beats", "rhythm", "recording", "seconds"]
    assert lines["progress"] == {"share": 1.0}
    assert set(lines["beats"]["evaluations"]) <= {0, 8}
    again = client.get(path).json()
    assert {beat["receipt"]["method"] for beat in again["beats"] if beat["receipt"]} == {"rk4"}
    assert again["rhythm"] == lines["rhythm"]
    assert_problem(client.post(f"{path}/decisions", json={"model": "resnet", "solver": {}}), 422, "solves no equation")


def test_what_is_wrong_with_how_to_decide_anew_is_told(kept, client):
    path = f"/recordings/{kept['recording']['id']}/decisions"
    assert_problem(client.post(path, content=b'{"model": "odenet", "model": "resnet"}'), 422, "got it twice")
    assert_problem(client.post(path, json={"modle": "odenet"}), 422, "modle")
    assert_problem(client.post(path, content=b"{"), 400, "not JSON")
    assert_problem(client.post(path, content=b"{}", headers={"Content-Type": "text/plain"}), 415, "text/plain")


def test_to_decide_anew_takes_a_place_and_gives_it_back(served, files):
    with service_with(served, recordings_at_once=1) as client:
        parts = [("files", item) for item in files.items()]
        answer = client.post("/recordings", files=parts, data={"keep": "true"}).json()
        path = f"/recordings/{answer['recording']['id']}/decisions"
        with client.app.state.service.recording_limiter.held():
            refused = client.post(path, json={})
        assert_problem(refused, 503, "the limit of 1 recordings at once is reached")
        assert int(refused.headers["Retry-After"]) >= 1
        assert [client.post(path, json={}).status_code for _ in range(2)] == [200, 200]


def test_a_kept_recording_without_samples_can_be_decided_on_anew_too(client):
    body = {"signals": {"II": []}, "fs": 250, "keep": True}
    path = f"/recordings/{client.post('/recordings', json=body).json()['recording']['id']}"
    lines = [json.loads(line) for line in client.post(f"{path}/decisions", json={}).text.splitlines()]
    assert [name for line in lines for name in line] == ["progress", "beats", "rhythm", "recording", "seconds"]
    assert lines[0]["progress"] == {"share": 1.0} and lines[1]["beats"]["sample"] == []


def test_a_recording_that_is_forgotten_is_gone(kept, client):
    path = f"/recordings/{kept['recording']['id']}"
    assert client.delete(path).status_code == 204
    for method, rest in (("GET", ""), ("DELETE", ""), ("GET", "/beats"), ("GET", "/tiles/0/0"), ("POST", "/decisions")):
        response = client.request(method, path + rest, json={} if method == "POST" else None)
        assert_problem(response, 404, "not kept, or no longer; send it again")


def test_nothing_is_left_on_disk_but_what_is_kept(served, files, tmp_path, monkeypatch):
    monkeypatch.setattr(workspace, "_folder_of_process", lambda _: tmp_path)
    parts = [("files", item) for item in files.items()]
    with service_with(served, recordings_kept=2) as client:
        for kind in ("application/json", "application/x-ndjson", "text/csv"):
            assert client.post("/recordings", files=parts, headers={"Accept": kind}).status_code == 200
        client.post("/recordings", files=parts[:1])
        assert list(tmp_path.iterdir()) == []
        ids = [
            client.post("/recordings", files=parts, data={"keep": "true"}).json()["recording"]["id"] for _ in range(3)
        ]
        assert len(list(tmp_path.iterdir())) == 2
        assert [client.get(f"/recordings/{name}").status_code for name in ids] == [404, 200, 200]
    assert list(tmp_path.iterdir()) == []


def test_recordings_and_their_beats_are_counted(post, files, client):
    beats = post(files).json()["beats"]
    values = samples(client)
    assert total(values, "cardiode_recordings_total", model="odenet") == 1
    assert total(values, "cardiode_beats_total") == sum(beat["label"] is not None for beat in beats)
    assert total(values, "cardiode_batch_beats_sum") == sum(beat["quality"] == "good" for beat in beats)
    assert total(values, "cardiode_http_requests_total", route="/recordings", status="200") == 1


def test_beats_whose_solve_failed_have_no_label_and_say_so(post, files):
    response = post(files, solver='{"max_evaluations": 1}')
    answer = AnnotatedResponse.model_validate(response.json())
    failed = [beat for beat in answer.beats if beat.receipt]
    assert {(beat.label, beat.receipt.status) for beat in failed} == {(None, "evaluations_exhausted")} and len(
        failed
    ) > 60
    assert "NaN" not in response.text and "Infinity" not in response.text


def test_work_that_fails_after_the_answer_has_begun_is_told_in_its_last_line_and_counted(
    client, post, files, monkeypatch
):
    def broken(*_):
        raise RuntimeError("secret")

    monkeypatch.setattr("app.recordings.analysis.annotate_recording", broken)
    last = json.loads(post(files, "application/x-ndjson").text.splitlines()[-1])
    assert last["problem"]["status"] == 500 and "secret" not in str(last)
    assert total(samples(client), "cardiode_errors_total", kind="internal") == 1


ENDLESS = {"method": "rk4", "step": 1e-4, "max_evaluations": 100_000}
"""A minute's work for each batch."""


@pytest.mark.parametrize("accept", ["application/json", "text/csv", "application/x-wfdb", "application/x-ndjson"])
def test_who_leaves_before_a_recording_is_answered_gives_its_place_back(checkpoints, accept):
    asked = {"signals": signals_of(MADE), "fs": 250}
    content = json.dumps(asked | {"solver": ENDLESS}).encode()
    head = f"POST /recordings HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    with started(checkpoints.values(), CARDIODE_RECORDINGS_AT_ONCE="1") as (_, (address,)):
        with socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1]))) as leaving:
            leaving.sendall(head.encode() + content)
            wait_for(lambda: httpx.post(f"{address}/recordings").status_code == 503)
        wait_for(lambda: httpx.post(f"{address}/recordings").status_code == 415)  # which takes no place
        assert httpx.post(f"{address}/recordings", json=asked, timeout=60).status_code == 200
        assert httpx.post(f"{address}/classify", json={"beats": [[0.5] * 187]}, timeout=60).status_code == 200


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_a_recording_that_takes_too_long_is_given_up_with_the_limit(served, accept):
    with service_with(served, recording_seconds=0.5) as client:
        body = {"signals": signals_of(MADE), "fs": 250, "solver": ENDLESS}
        answer = client.post("/recordings", json=body, headers={"Accept": accept})
    assert "was not finished within the limit of 0 s" in answer.text and '"status":504' in answer.text
    assert answer.status_code == (504 if accept == "application/json" else 200)


def test_a_recording_whose_beats_take_longer_than_a_batch_may_is_given_up(served):
    with service_with(served, deadline=0.2) as client:
        body = {"signals": signals_of(MADE), "fs": 250, "solver": ENDLESS}
        assert_problem(client.post("/recordings", json=body), 504, "choose a cheaper solver")


def test_a_client_that_leaves_in_the_middle_of_its_answer_is_no_error(serving):
    def told(name, **labels):
        return total(parsed(httpx.get(f"{serving}/metrics").text), name, **labels)

    before = told("cardiode_errors_total", kind="internal"), told("cardiode_recordings_total")
    signals = {lead: signal * 20 for lead, signal in signals_of(MADE).items()}
    content = json.dumps({"signals": signals, "fs": 250, "solver": {"rtol": 1e-6, "atol": 1e-6}}).encode()
    head = "POST /recordings HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(serving.rsplit(":", 1)[1]))) as leaving:
        leaving.sendall(head.encode() + content)
        answer = b""
        while b'"progress"' not in answer:
            answer += leaving.recv(65536)
    limit = time.monotonic() + 60
    while told("cardiode_http_requests_in_progress") > 1:  # that for the metrics itself
        assert time.monotonic() < limit
        time.sleep(0.05)
    # The second: it was not done before its client could leave.
    assert (told("cardiode_errors_total", kind="internal"), told("cardiode_recordings_total")) == before
