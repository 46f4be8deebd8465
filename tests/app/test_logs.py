import logging
import tempfile
from pathlib import Path

import httpx2 as httpx
from websockets.sync.client import connect

from app.keys import file as keys
from app.logs import Rarely
from soak.service import served


def record(name, message, *filled):
    return logging.LogRecord(name, logging.WARNING, __file__, 1, message, filled, None)


def test_a_message_is_told_again_only_after_a_while_whatever_it_is_filled_with():
    now = 0.0
    rarely = Rarely("sender", 10, clock=lambda: now)
    assert rarely.filter(record("sender.http", "failed: %s", "a"))
    now = 9.9
    assert not rarely.filter(record("sender.http", "failed: %s", "b"))
    assert rarely.filter(record("sender.http", "something else"))
    now = 10.0
    assert rarely.filter(record("sender.http", "failed: %s", "c"))
    now = 19.9
    assert not rarely.filter(record("sender", "failed: %s", "d"))


def test_other_loggers_are_told_always():
    rarely = Rarely("sender", 10)
    assert all(rarely.filter(record(name, "same")) for name in ("senders", "cardiode.requests") for _ in range(3))


def test_a_log_that_cannot_be_written_keeps_nobody_from_an_answer(checkpoints, beats):
    body = {"beats": beats[:3].tolist()}
    with Path("/dev/full").open("wb") as full, served(CARDIODE_MODELS=str(checkpoints["resnet"]), log=full) as service:
        for _ in range(20):
            assert httpx.post(f"{service.address}/classify", json=body, timeout=60).status_code == 200
        assert httpx.get(f"{service.address}/nothing").status_code == 404


def test_no_key_is_logged_however_much_is(checkpoints, beats, tmp_path):
    file = tmp_path / "keys.jsonl"
    secret = keys.add(file, "ward")
    settings = {"CARDIODE_LOG_LEVEL": "DEBUG", "CARDIODE_API_KEYS_FILE": str(file)}
    with tempfile.TemporaryFile() as log:
        with served(CARDIODE_MODELS=str(checkpoints["resnet"]), log=log, **settings) as service:
            header = {"Authorization": f"Bearer {secret}"}
            body = {"beats": beats[:1].tolist()}
            url = f"{service.address}/classify"
            assert httpx.post(url, json=body, headers=header, timeout=60).status_code == 200
            form = {"files": ("marker-of-a-file.csv", b"1,2")}
            httpx.post(f"{service.address}/recordings", files=form, headers=header, timeout=60)
            httpx.get(f"{service.address}/models?key={secret}")
            at = f"{service.address.replace('http', 'ws')}/stream?key={secret}"
            for offered in ({"subprotocols": ["cardiode", f"cardiode.key.{secret}"]}, {"additional_headers": header}):
                with connect(at, **offered) as stream:
                    stream.send('{"fs": 250, "leads": ["marker of a frame"], "model": "resnet"}')
                    assert "marker of a frame" in stream.recv()
        log.seek(0)
        logged = log.read().decode()
    assert "/classify" in logged and "WebSocket /stream" in logged and secret not in logged and "marker" not in logged
