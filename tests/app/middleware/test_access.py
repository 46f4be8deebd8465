"""Who may ask the service, and for how much."""

import pytest
from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient, WebSocketDenialResponse

from app import service
from app.errors import NoKey
from app.http.paths import RULES
from app.keys import file as keys
from app.middleware.access import network_of, require_admin
from app.settings import Settings
from tests.app.keys.test_file import Clock
from tests.app.metrics.test_metrics import samples, total
from tests.app.routes.test_classify import assert_problem
from tests.app.routes.test_stream import FIRST, MADE, beats_of, rest


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "keys.jsonl"
    path.touch()
    return path


@pytest.fixture
def clock():
    return Clock()


def with_admin_route(app):
    @app.post("/admin-only", dependencies=[Depends(require_admin)])
    def admin_only():
        return "done"

    return app


@pytest.fixture
def guarded(served, file, clock):
    app = with_admin_route(service.create(served, Settings(api_keys_file=str(file)), clock))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def issue(file, clock):
    """Makes a key, and gives the header that shows it."""

    def issued(name, role="client", rate=None):
        secret = keys.add(file, name, role, rate)
        clock.now += keys.CHECK_SECONDS
        return {"Authorization": f"Bearer {secret}"}

    return issued


@pytest.fixture
def ward(issue):
    return issue("ward")


def secret_of(header):
    return header["Authorization"].removeprefix("Bearer ")


def assert_refused(response, path=""):
    """One answer, whatever was wrong, in the shape that clients of the path read."""
    if path.startswith("/v2"):
        assert (response.status_code, response.json()) == (401, {"error": str(NoKey())})
    else:
        assert_problem(response, 401)
        assert response.json()["detail"] == str(NoKey())
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_known_key_is_let_in(guarded, ward, beat):
    assert guarded.post("/classify", json={"beats": [beat]}, headers=ward).status_code == 200
    assert guarded.get("/models", headers=ward).status_code == 200
    assert guarded.get("/metrics", headers=ward).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer ", "bEaReR   "])
def test_the_scheme_has_no_case_and_any_spaces_after_it(guarded, ward, scheme):
    assert guarded.get("/models", headers={"Authorization": f"{scheme} {secret_of(ward)}"}).status_code == 200


@pytest.mark.parametrize(
    "value",
    [b"", b"Bearer", b"Bearer ", b"Bearer no-such-key", b"Basic d2FyZDp4", b"Bearer \xff\xfe",
     "Bearer schlüssel".encode(), b"Bearer " + b"a" * 10_000, b"Bearer a b", b"Bearer\ta", b"Token no-such-key"],
)  # fmt: skip
def test_what_is_no_known_key_gets_one_answer(guarded, ward, value):
    assert_refused(guarded.get("/models", headers=[(b"authorization", value)]))


def test_without_a_key_nothing_but_health_page_and_description_is_there(guarded, ward):
    page = ("/", "/page/main.js", "/page/style.css", "/docs", "/openapi.json")
    health = {rules.path for rules in RULES if "/health/" in rules.path}
    for path in (*health, *page):
        assert guarded.get(path).status_code == 200, path
    described = guarded.get("/openapi.json").json()["paths"]
    closed = set(described) - health
    assert {"/classify", "/recordings", "/recordings/{id}", "/models", "/metrics", "/demo", "/admin-only"} <= closed
    for path in (*closed, "/nothing", "/page", "/pages/x", "/health", "/docs/x"):
        for method in ("GET", "POST", "DELETE", "OPTIONS", "PUT"):
            assert_refused(guarded.request(method, path), path)
    assert guarded.get("/page/%2e%2e/models").status_code == 404  # an open folder leads nowhere else


def test_parts_of_a_key_other_cases_and_old_ones_are_refused(guarded, ward, file, clock):
    secret = secret_of(ward)
    for wrong in (secret[:-1], secret + "A", secret.swapcase(), f" {secret}x"):
        assert_refused(guarded.get("/models", headers={"Authorization": f"Bearer {wrong}"}))
    keys.remove(file, "ward")
    clock.now += keys.CHECK_SECONDS
    assert_refused(guarded.get("/models", headers=ward))


def test_two_keys_are_none(guarded, ward, issue):
    both = [("Authorization", ward["Authorization"]), ("Authorization", issue("other")["Authorization"])]
    assert_refused(guarded.get("/models", headers=both))
    assert_refused(guarded.get("/models", headers=[both[0], ("Authorization", "Basic x")]))


def test_a_key_in_the_address_or_a_cookie_is_none(guarded, ward):
    secret = secret_of(ward)
    assert_refused(guarded.get(f"/models?key={secret}&access_token={secret}"))
    assert_refused(guarded.get("/models", headers={"Cookie": f"key={secret}", "X-API-Key": secret}))


def test_a_body_is_not_read_before_the_key_is_known(guarded):
    def body():
        pytest.fail("the body was read")
        yield b""

    class Unread:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            async def fail():
                pytest.fail("the body was read")

            await self.app(scope, fail if scope["type"] == "http" else receive, send)

    with TestClient(Unread(guarded.app)) as client:
        assert_refused(client.post("/classify", content=b"x" * 10_000))
        assert_refused(client.post("/recordings", files=[("files", ("a.csv", b"1"))]))


def test_refusals_are_counted(guarded, ward):
    guarded.post("/classify", content=b"{")
    guarded.get("/models", headers={"Authorization": "Bearer x"})
    values = samples_for(guarded, ward)
    assert total(values, "cardiode_errors_total", kind="no_key") == 2
    assert total(values, "cardiode_http_requests_total", route="unmatched", status="401") == 2


def samples_for(client, header):
    client.headers.update(header)
    try:
        return samples(client)
    finally:
        for name in header:
            del client.headers[name]


def test_the_log_says_whose_request_it_was(guarded, ward, caplog):
    with caplog.at_level("INFO", "cardiode.requests"):
        guarded.get("/models", headers=ward)
        guarded.get("/health/live")
    assert [getattr(record, "key", None) for record in caplog.records] == ["ward", None]
    assert secret_of(ward) not in caplog.text


def test_without_a_file_of_keys_nobody_needs_one(client, beat):
    assert client.post("/classify", json={"beats": [beat]}).status_code == 200
    assert client.get("/models", headers={"Authorization": "Bearer whatever"}).status_code == 200


def test_the_description_asks_for_a_key_only_where_one_is_needed(guarded, client):
    described = guarded.get("/openapi.json").json()
    assert described["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    assert described["paths"]["/classify"]["post"]["security"] == [{"HTTPBearer": []}]
    assert "security" not in described["paths"]["/health/live"]["get"]
    assert "securitySchemes" not in client.get("/openapi.json").json()["components"]


# Streams


def test_a_stream_without_a_key_is_refused_before_it_is_accepted(guarded, ward):
    with pytest.raises(WebSocketDenialResponse) as denied, guarded.websocket_connect("/stream"):
        pass
    assert_refused(denied.value)
    assert total(samples_for(guarded, ward), "cardiode_errors_total", kind="no_key") == 1


@pytest.mark.parametrize("how", ["header", "subprotocol"])
def test_a_stream_takes_its_key_from_a_header_or_from_a_subprotocol(guarded, ward, how):
    offered = ["cardiode", f"cardiode.key.{secret_of(ward)}"] if how == "subprotocol" else []
    headers = ward if how == "header" else {}
    with guarded.websocket_connect("/stream", subprotocols=offered, headers=headers) as socket:
        assert socket.accepted_subprotocol == ("cardiode" if offered else None)
        socket.send_json(FIRST)
        assert socket.receive_json()["stream"]["lead"] == "MLII"


@pytest.mark.parametrize("offered", [["cardiode"], ["cardiode", "cardiode.key.x"], ["cardiode", "cardiode.key."]])
def test_subprotocols_that_hold_no_known_key_are_refused(guarded, ward, offered):
    with pytest.raises(WebSocketDenialResponse) as denied:
        guarded.websocket_connect("/stream", subprotocols=offered).__enter__()
    assert_refused(denied.value)


def test_a_browsers_stream_is_accepted_without_keys_too(client):
    with client.websocket_connect("/stream", subprotocols=["cardiode", "cardiode.key.x"]) as socket:
        assert socket.accepted_subprotocol == "cardiode"


# Limits


def classify(client, header, beats, **more):
    return client.post("/classify", json={"beats": beats, "model": "resnet"} | more, headers=header)


def test_a_key_over_its_limit_is_told_when_to_come_again(guarded, issue, clock, beat):
    slow, free = issue("slow", rate=1.0), issue("free")
    assert classify(guarded, slow, [beat] * 25).status_code == 200
    refused = classify(guarded, slow, [beat])
    assert_problem(refused, 429, "1 beats a second", "15 s")
    assert refused.headers["retry-after"] == "15"
    assert classify(guarded, free, [beat] * 25).status_code == 200
    clock.now += 15
    assert classify(guarded, slow, [beat]).status_code == 200
    assert total(samples_for(guarded, free), "cardiode_errors_total", kind="over_limit") == 1


def test_beats_of_the_open_inference_protocol_are_paid_for_too(guarded, issue, beat):
    slow = issue("slow", rate=1.0)
    tensor = {"name": "beats", "datatype": "FP32", "shape": [20, 187], "data": beat * 20}
    first, second = (guarded.post("/v2/models/resnet/infer", json={"inputs": [tensor]}, headers=slow) for _ in range(2))
    assert first.status_code == 200
    assert second.status_code == 429 and second.headers["retry-after"] == "10"
    assert "1 beats a second" in second.json()["error"]


def test_refused_and_invalid_requests_cost_nothing(guarded, issue, beat):
    slow = issue("slow", rate=1.0)
    for _ in range(5):
        assert classify(guarded, slow, [[2.0] * 187] * 100).status_code == 422
        assert classify(guarded, slow, [beat] * 100, model="oracle").status_code == 404
    assert classify(guarded, slow, [beat] * 20).status_code == 200
    assert [classify(guarded, slow, [beat] * 20).headers["retry-after"] for _ in range(3)] == ["10"] * 3


def test_an_explained_beat_costs_as_much_as_it_takes(guarded, issue, beat):
    slow = issue("slow", rate=1.0)
    assert classify(guarded, slow, [beat], explain=True).status_code == 200
    assert classify(guarded, slow, [beat]).headers["retry-after"] == "40"


def test_a_recording_pays_for_what_is_dear_too(guarded, issue):
    slow = issue("slow", rate=1.0)
    dear = RECORDING | {"solver": {"method": "rk4", "step": 0.005}}  # 800 evaluations a beat
    answer = guarded.post("/recordings", json=dear, headers=slow).json()
    beats, solved = len(answer["beats"]), sum(beat["receipt"] is not None for beat in answer["beats"])
    refused = guarded.post("/recordings", json=RECORDING, headers=slow)
    assert refused.headers["retry-after"] == str(beats + 4 * solved - 10)


@pytest.mark.parametrize("place", ["/classify", "/v2/models/odenet/infer", "/recordings", "/stream"])
def test_a_key_is_not_let_ask_for_what_it_can_never_pay_for(guarded, issue, beat, place):
    slow, solver = issue("slow", rate=1.0), {"method": "dopri5", "max_evaluations": 2201}
    told = "got 2,201 evaluations a beat, expected at most 2,200"
    if place == "/stream":
        with guarded.websocket_connect(place, headers=slow) as socket:
            socket.send_json({"fs": 250, "leads": ["II"], "solver": solver})
            assert told in socket.receive_text()
        return
    tensor = {"name": "beats", "datatype": "FP32", "shape": [1, 187], "data": beat}
    bodies = {
        "/classify": {"beats": [beat], "solver": solver},
        "/recordings": RECORDING | {"solver": solver},
        "/v2/models/odenet/infer": {"inputs": [tensor], "parameters": solver},
    }
    for header, status in ((slow, 422), (issue("free"), 200)):
        answer = guarded.post(place, json=bodies[place], headers=header)
        assert (answer.status_code, told in answer.text) == (status, status == 422)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (("203.0.113.7", 80), "203.0.113.7"),
        (("2001:db8:1:2:3:4:5:6", 80), "2001:db8:1:2::/64"),
        (("2001:db8:1:2::1", 80), "2001:db8:1:2::/64"),
        (("testclient", 80), "testclient"),
        (None, ""),
    ],
)
def test_without_keys_clients_are_told_apart_by_where_they_ask_from(address, network):
    assert network_of(HTTPConnection({"type": "http", "client": address, "headers": []})) == network


RECORDING = {
    "signals": {lead: signal.tolist() for lead, signal in zip(MADE.leads, MADE.signals, strict=True)}, "fs": 250
}  # fmt: skip


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_a_recording_costs_the_beats_that_were_found(guarded, issue, accept):
    slow = issue("slow", rate=1.0)
    answer = guarded.post("/recordings", json=RECORDING, headers=slow | {"Accept": accept})
    found = answer.text.count('"sample":')
    assert answer.status_code == 200 and found > 20
    refused = guarded.post("/recordings", json=RECORDING, headers=slow)
    assert_problem(refused, 429)
    assert refused.headers["retry-after"] == str(found - 10)


def test_deciding_again_costs_them_once_more(guarded, issue, clock):
    slow = issue("slow", rate=1.0)
    kept = guarded.post("/recordings", json=RECORDING | {"keep": True}, headers=slow).json()
    place, found = f"/recordings/{kept['recording']['id']}", len(kept["beats"])
    assert_problem(guarded.post(f"{place}/decisions", json={}, headers=slow), 429)
    assert_problem(guarded.get(f"{place}/beats/3/explanation", headers=slow), 429)
    assert guarded.get(place, headers=slow).status_code == 200  # nothing is classified for it
    clock.now += found
    assert guarded.post(f"{place}/decisions", json={}, headers=slow).status_code == 200
    assert guarded.post(f"{place}/decisions", json={}, headers=slow).headers["retry-after"] == str(found - 10)


def test_a_stream_pays_as_its_beats_come_and_ends_where_it_owes(guarded, issue):
    slow = issue("slow", rate=1.0)
    with guarded.websocket_connect("/stream", headers=slow) as socket:
        socket.send_json(FIRST)
        for start in range(0, MADE.signals.shape[1], 125):
            socket.send_json({"signals": MADE.signals[:, start : start + 125].tolist()})
        messages = rest(socket)
    assert messages[-1]["problem"]["status"] == 429
    assert 10 < len(beats_of(messages)) < 20
    with guarded.websocket_connect("/stream", headers=slow) as socket:
        socket.send_json(FIRST)
        (message,) = rest(socket)
    assert message["problem"]["status"] == 429


# Administrators


def test_with_keys_only_an_administrators_key_will_do(guarded, ward, issue):
    assert_problem(guarded.post("/admin-only", headers=ward), 403, "role admin")
    assert guarded.post("/admin-only", headers=issue("boss", "admin")).json() == "done"
    assert_refused(guarded.post("/admin-only"))


@pytest.mark.parametrize(
    ("client", "base", "origin", "status"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", None, 200),
        ("::1", "http://localhost:8000", None, 200),
        ("127.0.0.1", "http://localhost:8000", "http://localhost:8000", 200),
        ("10.0.0.5", "http://127.0.0.1:8000", None, 403),
        ("127.0.0.1", "http://localhost:8000", "https://elsewhere.example", 403),
        ("127.0.0.1", "http://localhost:8000", "null", 403),
        ("127.0.0.1", "http://rebound.example:8000", "http://rebound.example:8000", 403),
        ("127.0.0.1", "http://rebound.example:8000", None, 403),
    ],
)
def test_without_keys_only_somebody_on_this_machine_may(served, client, base, origin, status):
    app = with_admin_route(service.create(served, Settings()))
    with TestClient(app, base_url=base, client=(client, 1)) as asking:
        assert asking.post("/admin-only", headers={"Origin": origin} if origin else {}).status_code == status
