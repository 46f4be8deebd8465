"""The process itself: how it starts, refuses to start, and ends."""

import json
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from app.__main__ import main
from app.settings import Settings, table
from ecg.synthetic import synthesize
from models import Classifier
from soak.clock import LIBRARY, Clock, has_jumped
from soak.service import served
from tests.app.conftest import end


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_requests_in_flight_finish(ending, how, beat):
    process, address = ending
    answers = []
    body = {"beats": [beat] * 1500, "solver": {"rtol": 1e-4, "atol": 1e-4}}
    request = threading.Thread(target=lambda: answers.append(httpx.post(f"{address}/classify", json=body, timeout=120)))
    request.start()
    deadline = time.monotonic() + 60
    while "in_progress 2.0" not in httpx.get(f"{address}/metrics").text:  # that request, and this one
        assert time.monotonic() < deadline and request.is_alive()
    process.send_signal(how)
    request.join()
    assert process.wait(timeout=60) in (0, -how)  # uvicorn, once it is done, ends by the signal that asked it to
    assert answers[0].status_code == 200
    assert len(answers[0].json()["beats"]) == 1500


def test_a_process_without_its_checkpoint_tells_so_in_one_line_and_ends(tmp_path):
    ended = end(CARDIODE_MODELS=str(tmp_path / "none.safetensors"))
    assert ended.returncode == 1
    assert re.fullmatch(r"UnknownModel: there is no model .*\n", ended.stderr)


def test_a_broken_checkpoint_is_told_in_one_line(checkpoints, tmp_path, told):
    file = tmp_path / "broken.safetensors"
    file.write_bytes(checkpoints["odenet"].read_bytes()[:-10])
    assert re.fullmatch(r"TruncatedCheckpoint: .*\n", told(CARDIODE_MODELS=str(file)))


def test_a_wrong_setting_is_told_with_its_variable(told):
    assert told(CARDIODE_PORT="many").startswith("CARDIODE_PORT: got 'many'")


@pytest.mark.parametrize("content", [None, "{", '{"name":"a","salt":"00","hash":"00","key":"secret"}'])
def test_a_file_of_keys_that_is_missing_or_broken_is_told_in_one_line(checkpoints, tmp_path, told, content):
    file = tmp_path / "keys.jsonl"
    if content is not None:
        file.write_text(content)
    said = told(CARDIODE_MODELS=str(checkpoints["resnet"]), CARDIODE_API_KEYS_FILE=str(file))
    assert re.fullmatch(r"InvalidKeysFile: .*keys.jsonl.*keys add NAME.*\n", said)
    assert "secret" not in said


def test_help_tells_every_setting(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for name in Settings.model_fields:
        assert f"CARDIODE_{name.upper()}" in text
    assert len(table().splitlines()) == len(Settings.model_fields)


def test_a_live_stream_is_followed_over_a_real_connection(serving):
    made = synthesize(20, fs=250.0, seed=3)
    with connect(f"{serving.replace('http', 'ws')}/stream") as socket:
        socket.send(json.dumps({"fs": 250, "leads": ["II"]}))
        assert json.loads(socket.recv())["stream"]["lead"] == "II"
        for start in range(0, 5000, 50):
            socket.send(made.signals[0, start : start + 50].astype("<f4").tobytes())
        socket.send(json.dumps({"end": True}))
        messages = [json.loads(message) for message in socket]
    assert sum(len(message.get("beats", [])) for message in messages) == len(made.beat_annotations().samples)
    assert messages[-1]["reason"] is None


def test_a_piece_that_is_too_large_closes_the_stream_and_harms_nothing(serving):
    with connect(f"{serving.replace('http', 'ws')}/stream", max_size=None) as socket:
        socket.send(json.dumps({"fs": 250, "leads": ["II"]}))
        socket.recv()
        with pytest.raises(ConnectionClosedError) as closed:
            socket.send(bytes(17_000_000))
            socket.recv()
    assert closed.value.rcvd.code == 1009
    assert httpx.get(f"{serving}/health/ready").status_code == 200


@pytest.mark.skipif(not LIBRARY.is_file(), reason="no libfaketime: install Debian's package faketime")
def test_requests_are_answered_while_the_clock_jumps(checkpoints, beats, tmp_path):
    clock = Clock(tmp_path / "time")
    expected = Classifier.load(checkpoints["resnet"]).classify(beats).probabilities
    with served(CARDIODE_MODELS=str(checkpoints["resnet"]), **clock.environment) as service:

        def ask(place):
            body = {"beats": beats[place : place + 1].tolist()}
            answer = httpx.post(f"{service.address}/classify", json=body, timeout=60)
            (decision,) = answer.json()["beats"]
            assert list(decision["probabilities"].values()) == pytest.approx(expected[place], abs=1e-4)

        with ThreadPoolExecutor(4) as clients:
            for days in (3650, -1):
                asked = clients.map(ask, range(20))
                clock.jump(days)
                assert len(list(asked)) == 20
                assert has_jumped(service, days)
