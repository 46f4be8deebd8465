"""Both clients do the same, and the service understands them."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest

from client import AsyncClient, CardiodeError, Client, Options, Retries
from ecg.synthetic import synthesize

ROOT = Path(__file__).parents[2]
ADDRESS = "http://service"
ADDRESS_ON_THE_PAGE = "http://127.0.0.1:8000"
NORMAL = {"label": "N", "probabilities": {"N": 1.0}, "abstained": False, "reason": None, "receipt": None}
ANSWER = {"model": {"name": "m", "version": "0", "sha256": "0"}, "beats": []}


class Waiting:
    """`AsyncClient` with the face of `Client`, so that one test tries both."""

    def __init__(self, *arguments, sleep=None, **settings):
        async def slept(seconds):
            sleep(seconds)

        self.client = AsyncClient(*arguments, **(settings | ({"sleep": slept} if sleep else {})))
        self.runner = asyncio.Runner()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.runner.run(self.client.close())
        self.runner.close()

    def classify(self, *arguments, **options):
        return self.runner.run(self.client.classify(*arguments, **options))

    def annotate(self, *arguments, **options):
        return self.runner.run(self.client.annotate(*arguments, **options))

    def classify_all(self, *arguments, **options):
        async def collected():
            return [decision async for decision in self.client.classify_all(*arguments, **options)]

        return iter(self.runner.run(collected()))


@pytest.fixture(params=[Client, Waiting], ids=["sync", "async"])
def kind(request):
    return request.param


class Script:
    """Answers as written, one after the other, and notes what it is asked."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.asked = []

    def __call__(self, request):
        self.asked.append(request)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def scripted(kind, *outcomes, **settings):
    """A client that is answered so, what it asks, and how long it sleeps."""
    slept: list[float] = []
    script = Script(*outcomes)
    return kind(ADDRESS, transport=httpx.MockTransport(script), sleep=slept.append, **settings), script.asked, slept


def good():
    return httpx.Response(200, json=ANSWER)


def busy(seconds):
    return httpx.Response(503, headers={"Retry-After": str(seconds)})


def test_a_busy_service_is_asked_again_when_it_says(kind, beats):
    client, asked, slept = scripted(kind, busy(3), httpx.ConnectError("down"), busy(2), good())
    with client:
        assert client.classify(beats).model.name == "m"
    assert slept == [3, 0.4, 2]
    assert len({request.content for request in asked}) == 1 and len(asked) == 4


def test_a_service_that_stays_busy_is_told_in_the_end(kind, beats):
    client, asked, slept = scripted(kind, *[busy(1)] * 3, retries=Retries(most=2))
    with client, pytest.raises(CardiodeError, match="503"):
        client.classify(beats)
    assert (len(asked), slept) == (3, [1, 1])


def test_a_service_that_is_not_there_is_told_in_the_end(kind, beats):
    client, _, slept = scripted(kind, *[httpx.ConnectError("down")] * 2, retries=Retries(most=1, pause=5))
    with client, pytest.raises(httpx.ConnectError):
        client.classify(beats)
    assert slept == [5]


def test_a_recording_is_not_sent_again_where_it_may_have_come(kind, tmp_path):
    (tmp_path / "a.csv").write_text("II\n0\n")
    client, asked, slept = scripted(kind, httpx.ReadTimeout("late"))
    with client, pytest.raises(httpx.ReadTimeout):
        client.annotate([tmp_path / "a.csv"])
    assert (len(asked), slept) == (1, [])


def test_a_recording_that_was_refused_for_want_of_room_is_sent_again_whole(kind, tmp_path):
    (tmp_path / "a.csv").write_text("II\n0\n")
    told = httpx.Response(200, json={"recording": {}, "beats": [], "rhythm": {}})
    client, asked, slept = scripted(kind, busy(5), told)
    with client:
        assert client.annotate([tmp_path / "a.csv"]).beats == ()
    assert slept == [5]
    assert all(b"II\n0\n" in request.content for request in asked)


def test_a_key_is_shown_with_every_request_and_none_where_there_is_none(kind, beats):
    client, asked, _ = scripted(kind, good(), key="secret")
    with client:
        client.classify(beats)
    assert asked[0].headers["authorization"] == "Bearer secret"
    client, asked, _ = scripted(kind, good())
    with client:
        client.classify(beats)
    assert "authorization" not in asked[0].headers


def test_beats_are_decided_on_by_a_running_service(kind, serving, beats):
    with kind(serving) as client:
        whole = client.classify(beats, Options(model="odenet", rtol=1e-4, atol=1e-4), deadline=60)
        assert (whole.model.name, len(whole.beats)) == ("odenet", len(beats))
        assert {decision.receipt.rtol for decision in whole.beats} == {1e-4}
        assert set(whole.beats[0].probabilities) == set("NSVFQ")
        plain = client.classify(beats, Options(model="resnet"))
        assert plain.beats[0].receipt is None
        streamed = list(client.classify_all(iter(beats), Options(model="resnet"), batch=7))
    assert [decision.label for decision in streamed] == [decision.label for decision in plain.beats]
    told = [[decision.probabilities[label] for label in "NSVFQ"] for decision in streamed]
    expected = [[decision.probabilities[label] for label in "NSVFQ"] for decision in plain.beats]
    np.testing.assert_allclose(told, expected, atol=1e-5)


def test_a_running_service_says_what_is_wrong(kind, serving, beats):
    with kind(serving) as client:
        with pytest.raises(CardiodeError) as unknown:
            client.classify(beats, Options(model="oracle"))
        with pytest.raises(CardiodeError) as invalid:
            client.classify(beats + 1)
        with pytest.raises(CardiodeError) as middle:
            list(client.classify_all([*beats[:4], beats[0] + 1], batch=2))
    assert (unknown.value.status, unknown.value.errors[0].field) == (404, "model")
    assert (invalid.value.status, invalid.value.errors[0].field) == (422, "beats.0")
    assert middle.value.status == 422


def test_a_recording_is_annotated_by_a_running_service(kind, serving, tmp_path):
    signal = synthesize(30, seed=1)
    rows = "\n".join(f"{value:.4f}" for value in signal.signals[0])
    (tmp_path / "made.csv").write_text(f"II\n{rows}\n")
    with kind(serving) as client:
        annotated = client.annotate([tmp_path / "made.csv"], Options(method="rk4", step=0.5), fs=signal.fs, unit="mV")
        with pytest.raises(CardiodeError, match="leave out strict to read it all the same"):
            (tmp_path / "volts.csv").write_text("II\n" + "0.001\n0.002\n" * 1000)
            client.annotate([tmp_path / "volts.csv"], fs=250, strict=True)
    assert annotated.recording["name"] == "made" and annotated.recording["warnings"] == []
    assert len(annotated.beats) == annotated.recording["beats"] > 10
    good = [beat for beat in annotated.beats if beat.quality == "good"]
    assert good[0].receipt.method == "rk4" and good[0].time == pytest.approx(good[0].sample / signal.fs, abs=1e-3)
    assert annotated.rhythm["seconds"] > 0


def test_the_example_of_the_page_on_python_runs(serving, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL)
    (example,) = [block for block in blocks if "import Client" in block]
    assert ADDRESS_ON_THE_PAGE in example
    exec(example.replace(ADDRESS_ON_THE_PAGE, serving), {})
    assert "method='auto'" in capsys.readouterr().out


def test_decisions_are_handed_out_before_all_beats_are_there(beats):
    served = {**ANSWER, "beats": [NORMAL] * 2}

    def source() -> Iterable[np.ndarray]:
        yield from beats[:2]
        pytest.fail("asked for a third beat before the first two were handed out")

    with Client(ADDRESS, transport=httpx.MockTransport(lambda _: httpx.Response(200, json=served))) as client:
        decisions = client.classify_all(source(), batch=2)
        assert [next(decisions).label for _ in range(2)] == ["N", "N"]


def test_so_many_requests_are_in_flight_and_no_more_and_none_is_left_behind(beats):
    now, most = 0, 0

    async def answer(_):
        nonlocal now, most
        now += 1
        most = max(most, now)
        try:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        finally:
            now -= 1
        return httpx.Response(200, json={**ANSWER, "beats": [NORMAL] * 2})

    async def run():
        async with AsyncClient(ADDRESS, transport=httpx.MockTransport(answer)) as client:
            decisions = client.classify_all(beats, batch=2, in_flight=3)
            assert len([decision async for decision in decisions]) == len(beats)
            assert most == 3
            left: Any = client.classify_all(beats, batch=2, in_flight=3)
            await anext(left)
            await left.aclose()
            assert now == 0 and len(asyncio.all_tasks()) == 1
            with pytest.raises(ValueError, match="got 0 requests in flight"):
                await anext(client.classify_all(beats, in_flight=0))

    asyncio.run(run())


def test_fields_that_a_newer_service_tells_are_left_out(kind, beats):
    told = {**ANSWER, "beats": [NORMAL | {"new": 1}], "newer": 2}
    client, _, _ = scripted(kind, httpx.Response(200, json=told))
    with client:
        assert client.classify(beats[:1]).beats[0].label == "N"


def test_it_brings_neither_torch_nor_the_other_packages():
    others = "{'torch', 'scipy', 'app', 'ecg', 'models', 'ode', 'training'}"
    code = f"import sys, client; sys.exit(', '.join(sorted({others} & set(sys.modules))))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr == "\n"
