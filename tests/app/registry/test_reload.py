import asyncio
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2 as httpx
import numpy as np
import pytest
from starlette.testclient import TestClient

from app import service
from app.batching.batcher import Batcher
from app.errors import ReloadRefused
from app.metrics.metrics import Metrics
from app.registry.models import Registry, ServedModels
from app.registry.reload import Reloader
from app.registry.shadowing import Shadowing
from app.settings import Settings
from ecg.synthetic import synthesize
from models import Classifier, ResNetArchitecture
from models.checkpoint import file as checkpoint
from tests.app.batching.test_batcher import WorkerHere
from tests.app.conftest import started
from tests.app.metrics.test_metrics import samples, total
from tests.conftest import make_checkpoint

HERE = {"client": ("127.0.0.1", 50_000), "base_url": "http://127.0.0.1"}
"""Somebody on the service's own machine."""


@pytest.fixture(scope="module")
def version(beats):
    """The bytes of a checkpoint of that version of a resnet, made once."""
    made = {}

    def version(number, folder):
        if number not in made:
            made_of = make_checkpoint("resnet", ResNetArchitecture(), beats[:3], version=number, seed=int(number))
            checkpoint.save(made_of, folder / "made.safetensors")
            made[number] = (folder / "made.safetensors").read_bytes()
            (folder / "made.safetensors").unlink()
        return made[number]

    return version


@pytest.fixture
def file(tmp_path, version):
    """A checkpoint in a folder that is served."""
    folder = tmp_path / "served"
    folder.mkdir()
    file = folder / "resnet.safetensors"
    file.write_bytes(version("1", tmp_path))
    return file


@pytest.fixture
def settings(file, checkpoints):
    return Settings(models=f"{file.parent},{checkpoints['odenet']}")


@contextmanager
def service_of(settings, **options):
    app = service.create(ServedModels.load(settings.model_names), settings, **options)
    with TestClient(app, **HERE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(settings):
    with service_of(settings) as client:
        yield client


@pytest.fixture
def watched(settings):
    """The same, where classifiers can be held."""
    with service_of(settings, begin=WorkerHere) as client:
        yield client


def versions(models):
    return [(model["name"], model["version"]) for model in models]


def test_another_version_is_served_from_the_next_request_on(client, file, version, tmp_path, beats):
    body = {"beats": beats[:2].tolist(), "model": "resnet"}
    before = client.post("/classify", json=body).json()
    file.write_bytes(version("2", tmp_path))
    assert client.post("/classify", json=body).json() == before
    changed = client.post("/models/reload").json()
    assert versions(changed["models"]) == [("resnet", "2"), ("odenet", "0")]
    assert versions(changed["added"]) == [("resnet", "2")]
    assert versions(changed["removed"]) == [("resnet", "1")]
    assert versions(changed["unchanged"]) == [("odenet", "0")]
    after = client.post("/classify", json=body).json()
    assert after["model"] == changed["added"][0]
    expected = Classifier.load(file).classify(beats[:2]).probabilities
    told = [list(beat["probabilities"].values()) for beat in after["beats"]]
    np.testing.assert_allclose(told, expected, atol=1e-5)


def test_two_versions_are_served_at_once_and_the_old_one_can_be_pinned(client, file, version, tmp_path, beat):
    (file.parent / "resnet-next.safetensors").write_bytes(version("2", tmp_path))
    client.post("/models/reload")
    for model, expected in (("resnet", "1"), ("resnet@1", "1"), ("resnet@2", "2")):
        assert client.post("/classify", json={"beats": [beat], "model": model}).json()["model"]["version"] == expected
    (file.parent / "resnet-next.safetensors").replace(file)  # forward
    client.post("/models/reload")
    assert client.post("/classify", json={"beats": [beat], "model": "resnet"}).json()["model"]["version"] == "2"
    assert client.post("/classify", json={"beats": [beat], "model": "resnet@1"}).status_code == 404


def test_what_is_unchanged_stays_the_very_same(client, file, version, tmp_path):
    before = client.app.state.service.registry.served
    file.write_bytes(version("2", tmp_path))
    client.post("/models/reload")
    after = client.app.state.service.registry.served
    assert after.by_name["odenet"] is before.by_name["odenet"]
    assert after.by_name["resnet"] is not before.by_name["resnet"]


def test_metrics_tell_what_is_served_now_and_how_reloads_ended(client, file, version, tmp_path):
    file.write_bytes(version("2", tmp_path))
    client.post("/models/reload")
    file.write_bytes(b"")
    client.post("/models/reload")
    values = samples(client)
    assert total(values, "cardiode_model_info", name="resnet", version="2") == 1
    assert total(values, "cardiode_model_info") == 2
    assert total(values, "cardiode_model_reloads_total", outcome="done") == 1
    assert total(values, "cardiode_model_reloads_total", outcome="refused") == 1
    assert total(values, "cardiode_errors_total", kind="reload_refused") == 1


def spoil(file, how, beats):
    match how:
        case "truncated":
            file.write_bytes(file.read_bytes()[:-10])
        case "altered":
            content = bytearray(file.read_bytes())
            content[-1] ^= 1
            file.write_bytes(content)
        case "another file":
            file.write_text("not a checkpoint")
        case "deleted":
            file.unlink()
        case "wrong reference answers":
            made = make_checkpoint("resnet", ResNetArchitecture(), beats[:3])
            made.reference_probabilities[:] = 0.2
            checkpoint.save(made, file)
        case "weights of another network":
            made = make_checkpoint("resnet", ResNetArchitecture(), beats[:3])
            made.weights.popitem()
            checkpoint.save(made, file)


HOW = ["truncated", "altered", "another file", "deleted", "wrong reference answers", "weights of another network"]


@pytest.mark.parametrize("how", HOW)
def test_a_bad_file_is_refused_by_name_and_nothing_changes(client, settings, file, beats, how, tmp_path, version):
    # What comes before the bad one is good, and new: it is not served either.
    (file.parent / "better.safetensors").write_bytes(version("2", tmp_path))
    before = client.app.state.service.registry.served
    spoil(file, how, beats)
    if how == "deleted":
        (file.parent / "better.safetensors").unlink()
    refused = client.post("/models/reload")
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert str(file.parent if how == "deleted" else file) in refused.json()["detail"]
    assert client.app.state.service.registry.served is before
    answer = client.post("/classify", json={"beats": beats[:1].tolist(), "model": "resnet"})
    assert answer.json()["model"]["version"] == "1"


def test_an_error_of_our_own_is_no_reload_either(client, monkeypatch):
    def fail(*_):
        raise RuntimeError("of our own")

    before = client.app.state.service.registry.served
    monkeypatch.setattr(ServedModels, "load", fail)
    assert client.post("/models/reload").status_code == 500
    assert client.app.state.service.registry.served is before
    assert total(samples(client), "cardiode_model_reloads_total", outcome="failed") == 1


@pytest.mark.parametrize("where", [("testclient", 50_000), ("192.0.2.7", 50_000), ("2001:db8::7", 50_000)])
def test_nobody_from_elsewhere_may_reload(settings, where):
    before = ServedModels.load(settings.model_names)
    with TestClient(service.create(before, settings), **HERE | {"client": where}) as client:
        refused = client.post("/models/reload")
        assert (refused.status_code, refused.json()["status"]) == (403, 403)
        assert total(samples(client), "cardiode_model_reloads_total") == 0
        assert total(samples(client), "cardiode_errors_total", kind="not_admin") == 1


@contextmanager
def held(classifier, monkeypatch):
    """While this classifier begins to answer, and does not go on; what is yielded waits until it has begun."""
    begun, free, decide = threading.Event(), threading.Event(), classifier.decide

    def slow(*arguments, **options):
        begun.set()
        assert free.wait(60)
        return decide(*arguments, **options)

    monkeypatch.setattr(classifier, "decide", slow)
    try:
        yield begun
    finally:
        free.set()


def test_a_request_in_flight_ends_with_the_model_it_began_with(watched, file, version, tmp_path, monkeypatch, beats):
    old = watched.app.state.service.registry.served.by_name["resnet"]
    expected = old.classify(beats[:1]).probabilities[0]
    body = {"beats": beats[:1].tolist(), "model": "resnet"}
    with ThreadPoolExecutor() as others, held(old, monkeypatch) as begun:
        asked = others.submit(watched.post, "/classify", json=body)
        assert begun.wait(60)
        file.write_bytes(version("2", tmp_path))
        assert versions(watched.post("/models/reload").json()["added"]) == [("resnet", "2")]
        begun_later = others.submit(watched.post, "/classify", json=body)
    answer = asked.result().json()
    assert answer["model"] == vars(old.identity)
    assert list(answer["beats"][0]["probabilities"].values()) == pytest.approx(expected, abs=1e-5)
    assert begun_later.result().json()["model"]["version"] == "2"


def test_a_stream_goes_on_with_the_model_it_began_with(client, file, version, tmp_path):
    signal = synthesize(10, fs=250.0, seed=3).signals[0].astype("<f4").tobytes()

    def followed(between):
        with client.websocket_connect("/stream") as socket:
            socket.send_json({"fs": 250, "leads": ["II"], "model": "resnet"})
            told = socket.receive_json()["stream"]["model"]["version"]
            between()
            socket.send_bytes(signal)
            return told, socket.receive_json()["beats"]

    def replace():
        file.write_bytes(version("2", tmp_path))
        assert client.post("/models/reload").status_code == 200

    before, across, after = followed(lambda: None), followed(replace), followed(lambda: None)
    assert before == across and (before[0], after[0]) == ("1", "2")
    assert before[1] and before[1] != after[1]


def test_a_kept_recording_holds_on_to_its_model_until_it_is_decided_on_anew(client, file, version, tmp_path):
    made = synthesize(10, fs=250.0, seed=3)
    body = {"signals": {"II": made.signals[0].tolist()}, "fs": 250, "model": "resnet", "keep": True}
    kept = client.post("/recordings", json=body).json()["recording"]
    file.write_bytes(version("2", tmp_path))
    client.post("/models/reload")
    address = f"/recordings/{kept['id']}"
    assert client.get(address).json()["recording"]["model"] == kept["model"]
    assert client.get(f"{address}/beats/3/explanation").status_code == 200
    assert client.post(f"{address}/decisions", json={"model": "resnet"}).status_code == 200
    assert client.get(address).json()["recording"]["model"]["version"] == "2"


def reloader_of(registry, name):
    metrics = Metrics()
    batcher = Batcher([], wait=0, most_beats=1, queue_beats=1, queue_seconds=1, metrics=metrics)
    return Reloader(registry, [name], metrics, Shadowing([], batcher, metrics, seconds=1))


def test_reloads_take_turns_and_each_builds_on_the_one_before(served, monkeypatch):
    now, most, seen = [0], [0], []

    def load(names, before):
        now[0] += 1
        most[0] = max(most[0], now[0])
        seen.append(before)
        time.sleep(0.01)  # for the others to come, if they could
        now[0] -= 1
        return ServedModels(served.models)

    monkeypatch.setattr(ServedModels, "load", load)

    async def run():
        reloader = reloader_of(Registry(served), "any")
        return await asyncio.gather(*(reloader.reload() for _ in range(5)))

    for changed in asyncio.run(run()):
        assert (changed.added, changed.removed) == ([], []) and len(changed.unchanged) == 2
    assert most == [1] and len(seen) == 5


def test_a_refusal_says_why_and_that_all_goes_on(served):
    registry = Registry(served)
    with pytest.raises(ReloadRefused, match=r"no model 'nothing'.*the models loaded before are still served"):
        asyncio.run(reloader_of(registry, "nothing").reload())
    assert registry.served is served


class Asking:
    """Threads that ask a service without a pause, and what it answered: the status, or the version and what it said."""

    def __init__(self, address, beats, expected):
        self.address = address
        self.beats = beats
        self.expected = expected
        self.answers = Counter()
        self._done = threading.Event()
        self._changed = threading.Condition()

    def __call__(self):
        body = {"beats": self.beats.tolist()}
        with httpx.Client(timeout=120) as client:
            while not self._done.is_set():
                response = client.post(f"{self.address}/classify", json=body)
                with self._changed:
                    self.answers[self._told(response)] += 1
                    self._changed.notify_all()

    def _told(self, response):
        if response.status_code != 200:
            return response.status_code
        answer = response.json()
        version = answer["model"]["version"]
        said = [list(beat["probabilities"].values()) for beat in answer["beats"]]
        return version if np.allclose(said, self.expected[version], atol=1e-4) else f"{version} with another's answer"

    def wait_for_more(self, told, more):
        """Until so many more answers of this kind came."""
        with self._changed:
            enough = self.answers[told] + more
            assert self._changed.wait_for(lambda: self.answers[told] >= enough, 120), self.answers

    @contextmanager
    def by(self, threads):
        with ThreadPoolExecutor(threads) as pool:
            tasks = [pool.submit(self) for _ in range(threads)]
            try:
                yield
            finally:
                self._done.set()
        for task in tasks:
            task.result()


def hang_up(process, address, outcome, times):
    """SIGHUP, and wait until the reload has ended so, for the so many-th time."""
    process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 120
    while f'cardiode_model_reloads_total{{outcome="{outcome}"}} {times}.0' not in httpx.get(f"{address}/metrics").text:
        assert time.monotonic() < deadline and process.poll() is None


def test_checkpoints_spoilt_and_replaced_under_load_fail_no_request(file, version, tmp_path, beats):
    expected = {}
    for number in ("1", "2", "3"):
        (tmp_path / "expected.safetensors").write_bytes(version(number, tmp_path))
        expected[number] = Classifier.load(tmp_path / "expected.safetensors").classify(beats[:3]).probabilities
    pairs = (("1", "2"), ("2", "3"), ("1", "3"))
    assert all(np.abs(expected[one] - expected[other]).max() > 0.01 for one, other in pairs)
    with started([file]) as (process, (address,)):
        asking = Asking(address, beats[:3], expected)
        with asking.by(4):
            asking.wait_for_more("1", 20)
            file.write_bytes(file.read_bytes()[:1000])
            asking.wait_for_more("1", 20)
            hang_up(process, address, "refused", 1)
            file.unlink()
            hang_up(process, address, "refused", 2)
            asking.wait_for_more("1", 20)
            file.write_bytes(version("2", tmp_path))
            hang_up(process, address, "done", 1)
            asking.wait_for_more("2", 20)
            file.write_bytes(version("3", tmp_path))
            hang_up(process, address, "done", 2)
            asking.wait_for_more("3", 20)
            file.write_bytes(version("1", tmp_path))  # back
            hang_up(process, address, "done", 3)
            asking.wait_for_more("1", 20)
        assert set(asking.answers) == {"1", "2", "3"}
