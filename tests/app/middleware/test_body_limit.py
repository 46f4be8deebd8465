import asyncio
import selectors

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from app import service
from app.errors import BodyTooSlow, Busy, UnreadableBody
from app.middleware.body_limit import STEP, BodyLimit, Limits
from app.settings import Settings
from tests.app.metrics.test_metrics import samples, total
from tests.app.routes.test_classify import assert_problem
from tests.app.routes.test_inference import assert_error


@pytest.fixture
def small(served):
    with TestClient(service.create(served, Settings(max_body_bytes=1000))) as client:
        yield client


def test_a_body_over_the_limit_is_refused_with_the_limit(small):
    assert_problem(small.post("/classify", content=b"x" * 1001), 413, "1,000 bytes")


def test_a_body_that_does_not_tell_its_length_is_refused_as_it_passes_the_limit(small):
    def chunks():
        for _ in range(100):
            yield b" " * 100

    assert_problem(small.post("/classify", content=chunks()), 413, "1,000 bytes")


@pytest.mark.parametrize("length", ["9" * 400, "-1", "many"])
def test_a_length_that_is_no_length_is_refused(small, length):
    response = small.post("/classify", content=b"{}", headers={"content-length": length})
    assert_problem(response, 413, "1,000 bytes")


def test_a_service_goes_on_after_a_refusal(small):
    small.post("/classify", content=b"x" * 1001)
    assert small.get("/health/ready").status_code == 200


class Waiting(selectors.SelectSelector):
    """Lets time pass at once, where an event loop would only wait."""

    now = 0.0

    def select(self, timeout=None):
        self.now += timeout or 0.0
        return super().select(0)


def run(main):
    """Run a coroutine to its end, on a clock of its own."""
    waiting = Waiting()
    loop = asyncio.SelectorEventLoop(waiting)
    loop.time = lambda: waiting.now
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


LIMITS = Limits(bytes=10**9, recording_bytes=10**9, recordings_bytes=10**9, others_bytes=10**9, seconds=30)


def scope(path="/classify", kind=b"application/json", method="POST"):
    return {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [(b"content-type", kind)], "root_path": "", "scheme": "http", "http_version": "1.1",
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip


def body_of(*pieces):
    """A receive channel: pairs of the seconds that a piece takes and its bytes; None breaks off."""
    left = list(pieces)

    async def receive():
        if not left:
            await asyncio.Event().wait()
        seconds, content = left[0]
        await asyncio.sleep(seconds)
        left.pop(0)
        if content is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": content, "more_body": bool(left)}

    return receive


async def nowhere(message):
    pass


async def read(receive, limits=LIMITS, pause=0.0):
    """How many bytes an app gets that reads a whole body, and takes its time after each piece."""
    got = 0

    async def app(scope, receive, send):
        nonlocal got
        while True:
            message = await receive()
            got += len(message["body"])
            if not message["more_body"]:
                return
            await asyncio.sleep(pause)

    await BodyLimit(app, limits)(scope(), receive, nowhere)
    return got


def test_a_body_that_stalls_is_refused_after_the_time_that_it_has():
    async def timed(receive):
        with pytest.raises(BodyTooSlow, match="neither 65,536 more nor the rest came within 30 s") as refused:
            await read(receive)
        return refused.value.status, asyncio.get_running_loop().time()

    assert run(timed(body_of((0, b"{"), (1e9, b"}")))) == (408, pytest.approx(30))
    assert run(timed(body_of((1e9, b"{}")))) == (408, pytest.approx(30))
    assert run(timed(body_of(*[(29, b" ")] * 100))) == (408, pytest.approx(30))


def test_a_body_that_goes_on_coming_may_take_as_long_as_it_needs():
    slow = [(7, b" " * (STEP // 4))] * 400
    assert run(read(body_of(*slow))) == 100 * STEP
    large = [(29, b" " * (3 * STEP))] * 100
    assert run(read(body_of(*large, (29, b"}")))) == 300 * STEP + 1


def test_the_time_that_the_app_takes_itself_does_not_count():
    assert run(read(body_of(*[(1, b" ")] * 20), pause=1000)) == 20


def test_a_body_that_breaks_off_is_refused():
    with pytest.raises(UnreadableBody, match="closed before the whole body had arrived"):
        run(read(body_of((0, b"{"), (0, None))))


def test_the_body_of_a_get_is_nobodys_business(served):
    recording = {"signals": {"II": [0.0] * 5000}, "fs": 250, "keep": True}
    with TestClient(service.create(served, Settings(max_body_bytes=100_000, body_seconds=0.001))) as client:
        path = f"/recordings/{client.post('/recordings', json=recording).json()['recording']['id']}"
        asked = scope(path, method="GET")
        asked["headers"] += [(b"content-length", b"1000000"), (b"accept", b"application/x-ndjson")]
        response = answer(client.app, asked, body_of((0.1, b" "), (1e9, b" ")))
        assert response.status_code == 200 and response.content.count(b"\n") == 2


def test_once_all_of_a_body_is_there_the_client_may_stay_as_long_as_it_likes():
    async def app(scope, receive, send):
        assert not (await receive())["more_body"]
        assert (await receive())["type"] == "http.disconnect"

    messages = iter(
        [(0, {"type": "http.request", "body": b"{}", "more_body": False}), (1e6, {"type": "http.disconnect"})]
    )

    async def receive():
        seconds, message = next(messages)
        await asyncio.sleep(seconds)
        return message

    run(BodyLimit(app, LIMITS)(scope(), receive, nowhere))


FORM_KIND = b"multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("path", "kind", "what"),
    [
        ("/recordings", FORM_KIND, "recordings"),
        ("/recordings", b"application/json", "requests"),
        ("/classify", b"application/octet-stream", "requests"),
        ("/v2/models/odenet/infer", b"application/json", "requests"),
    ],
)
def test_bodies_that_lie_in_one_place_have_a_limit_together_and_small_ones_always_pass(path, kind, what):
    """Three of two steps are there, of which the first step of each is free: there is room for two and a half."""
    room = 5 * STEP // 2
    limit = BodyLimit(
        lambda *_: None, Limits(10 * STEP, 10 * STEP, recordings_bytes=room, others_bytes=room, seconds=30)
    )
    answered = []

    async def app(scope, receive, send):
        try:
            while (await receive())["more_body"]:
                pass
            await asyncio.sleep(10)
            answered.append("whole")
        except Busy as busy:
            answered.append(str(busy))

    async def main():
        limit.app = app
        large = [(0, b" " * STEP)] * 2
        others = ("/recordings", FORM_KIND) if what == "requests" else ("/classify", b"application/json")
        async with asyncio.TaskGroup() as group:
            for asked in [(path, kind)] * 3 + [others] * 2:
                group.create_task(limit(scope(*asked), body_of(*large), nowhere))
                await asyncio.sleep(1)
            group.create_task(limit(scope(path, kind), body_of((0, b" " * STEP)), nowhere))
        await limit(scope(path, kind), body_of(*large), nowhere)

    run(main())
    (busy,) = [told for told in answered if told != "whole"]
    assert f"the limit of {room:,} bytes of {what} at once is reached" in busy
    assert answered.count("whole") == 6
    assert (limit.recordings.bytes, limit.others.bytes) == (0, 0)


def routes_with_bodies(client):
    paths = client.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path)
        for path, methods in paths.items()
        for method, described in methods.items()
        if "requestBody" in described
    ]


def answer(app, scope, receive):
    """What an app answers."""
    messages = []

    async def send(message):
        messages.append(message)

    asyncio.run(app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in messages)
    return httpx.Response(messages[0]["status"], headers=messages[0]["headers"], content=body)


@pytest.fixture
def hasty(served):
    with TestClient(service.create(served, Settings(body_seconds=0.01))) as client:
        yield client


def test_every_route_with_a_body_refuses_one_that_stalls_and_counts_it(hasty):
    routes = routes_with_bodies(hasty)
    assert len(routes) >= 3
    kinds = [b"application/json", b"multipart/form-data; boundary=b"]
    asked = [(*route, kind) for route in routes for kind in kinds if kind == kinds[0] or route[1] == "/recordings"]
    for method, path, kind in asked:
        served = path.replace("{name}", "odenet").replace("{version}", "0")
        response = answer(hasty.app, scope(served, kind, method), body_of((0, b"--b\r\n"), (1e9, b"")))
        told = assert_error if path.startswith("/v2/") else assert_problem
        told(response, 408, "within 0.01 s; send it again")
        assert response.headers["connection"] == "close"
    values = samples(hasty)
    assert total(values, "cardiode_errors_total", kind="body_too_slow") == len(asked)
    assert total(values, "cardiode_errors_total") == len(asked)
    assert total(values, "cardiode_http_requests_total", status="408") == len(asked)


def test_a_client_that_leaves_is_no_error_of_ours(client, caplog):
    for path, kind in (
        ("/classify", b"application/json"),
        ("/recordings", b"application/json"),
        ("/recordings", b"multipart/form-data; boundary=b"),
    ):
        assert answer(client.app, scope(path, kind), body_of((0, b"--b\r\n"), (0, None))).status_code == 400
    values = samples(client)
    assert total(values, "cardiode_errors_total", kind="unreadable_body") == 3
    assert total(values, "cardiode_errors_total", kind="internal") == 0
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


def test_bodies_that_stall_take_no_place(served):
    app = service.create(served, Settings(recordings_at_once=1))

    async def main():
        form = scope("/recordings", b"multipart/form-data; boundary=b")
        stalled = [asyncio.create_task(app(form, body_of((0, b"--b\r\n"), (1e9, b"")), nowhere)) for _ in range(8)]
        await asyncio.sleep(0)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            body = {"signals": {"II": [0.0] * 5000}, "fs": 250}
            answer = await client.post("/recordings", json=body)
        assert not any(task.done() for task in stalled)
        for task in stalled:
            task.cancel()
        await asyncio.gather(*stalled, return_exceptions=True)
        return answer

    assert asyncio.run(main()).status_code == 200
    app.state.service.recordings.close()
