"""What a collector is told of batches, and of a request's share in them."""

import asyncio
import logging

import httpx2 as httpx
import pytest

from app import service
from app.registry.models import ServedModels
from app.settings import Settings
from app.tracing import tracing
from app.tracing.batch_spans import BatchSpans
from tests.app.batching.test_batcher import Watched, WorkerHere, begun
from tests.app.registry.test_shadowing import wait_for
from tests.app.tracing.test_traces import CALLER, CALLERS_TRACE, traced


@pytest.fixture
def model(served):
    return Watched(served.by_name["odenet"])


def answers(model, bodies, headers=(), **settings):
    """Those to requests of which the first is solved alone, while the others come."""
    settings = Settings(workers=1, **settings)
    app = service.create(ServedModels([model]), settings, begin=WorkerHere, tracing=tracing.from_environment())
    headers = [*headers, *[{}] * (len(bodies) - len(headers))]

    async def run():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
        ):
            asking = []
            with model.held():
                for body, more in zip(bodies, headers, strict=True):
                    asking.append(asyncio.create_task(client.post("/classify", json=body, headers=more)))
                    if len(asking) == 1:
                        await begun(model)
                waiting = sum(len(body["beats"]) for body in bodies[1:])
                async with asyncio.timeout(60):
                    while f"cardiode_queued_beats {waiting:.1f}\n" not in (await client.get("/metrics")).text:
                        await asyncio.sleep(0.01)
            return await asyncio.gather(*asking)

    return asyncio.run(run())


def body(beats):
    return {"beats": beats.tolist()}


def test_a_batch_is_linked_to_all_whose_beats_are_in_it_and_they_to_it(model, collector, beats):
    answered = answers(model, [body(beats[:1]), body(beats[1:3]), body(beats[3:6])])
    assert [answer.status_code for answer in answered] == [200] * 3
    alone, shared = collector.named("batch")
    assert (shared.parent, shared.attributes["cardiode.batch_beats"], shared.attributes["cardiode.batch_requests"]) == (
        "",
        5,
        2,
    )
    decides = collector.named("decide")
    assert alone.links == {decides[0].link}
    assert shared.links == {decides[1].link, decides[2].link}
    assert len({alone.trace, shared.trace, *(span.trace for span in decides)}) == 5
    solves = {span.parent: span for span in collector.named("solve")}
    assert [solves[decide.id].links for decide in decides] == [{alone.link}, {shared.link}, {shared.link}]
    assert [solves[decide.id].attributes["cardiode.beats"] for decide in decides] == [1, 2, 3]
    costs = [sum(beat["receipt"]["evaluations"] for beat in answer.json()["beats"]) for answer in answered]
    assert [solves[decide.id].attributes["cardiode.evaluations"] for decide in decides] == costs
    assert shared.attributes["cardiode.evaluations"] == sum(costs[1:])


def test_a_wait_ends_when_the_batch_begins(model, collector, beats):
    answers(model, [body(beats[:1]), body(beats[1:3])])
    alone, shared = collector.named("batch")
    waits, solves = collector.named("wait"), collector.named("solve")
    assert [wait.ended for wait in waits] == [solve.started for solve in solves] == [alone.started, shared.started]
    assert waits[1].started < alone.ended <= waits[1].ended


def test_a_large_request_has_a_share_of_each_of_its_batches_and_waits_once(model, collector, beats):
    answers(model, [body(beats[:1]), body(beats[:10])], batch_beats=4)
    large = collector.named("decide")[1]
    shares = [span for span in collector.named("solve") if span.parent == large.id]
    assert [span.attributes["cardiode.beats"] for span in shares] == [4, 4, 2]
    assert len([span for span in collector.named("wait") if span.parent == large.id]) == 1


def test_of_a_batch_is_told_what_belongs_to_requests_that_are_sampled(model, collector, beats):
    sampled, not_sampled = ({"traceparent": CALLER.format(sampled=flag)} for flag in ("01", "00"))
    answers(model, [body(beats[:1]), body(beats[1:3]), body(beats[3:6])], [not_sampled, sampled, not_sampled])
    batch = collector.one("batch")
    assert (batch.attributes["cardiode.batch_beats"], batch.attributes["cardiode.batch_requests"]) == (5, 2)
    assert batch.links == {collector.one("decide").link}
    assert collector.one("solve").trace == CALLERS_TRACE != batch.trace


def test_a_batch_that_fails_says_so_and_so_do_those_who_are_in_it(model, collector, beats, monkeypatch):
    def fails(*_):
        raise RuntimeError("of the service's own")

    monkeypatch.setattr(model.original, "decide", fails)
    assert [answer.status_code for answer in answers(model, [body(beats[:1]), body(beats[1:3])])] == [500, 500]
    for span in (*collector.named("batch"), *collector.named("solve"), *collector.named("decide")):
        assert (span.failed, span.attributes["error.type"]) == (True, "internal")
    assert len(collector.named("batch")) == 2


def test_a_shadow_has_a_share_in_the_trace_of_the_request(served, collector, beats):
    with traced(served, shadow="odenet=resnet:1") as client:
        client.post("/classify", json=body(beats[:2]))
        wait_for(client, "cardiode_shadow_beats_total", 2)
    second = next(span for span in collector.named("solve") if span.attributes["cardiode.shadow"])
    assert second.attributes["cardiode.model"] == "resnet"
    assert second.trace == collector.one("POST /classify").trace


def test_what_goes_wrong_in_telling_harms_no_request(served, collector, beats, monkeypatch, caplog):
    def fails(*_):
        raise RuntimeError

    monkeypatch.setattr(BatchSpans, "_tell", fails)
    with traced(served, workers=1) as client, caplog.at_level(logging.ERROR):
        for _ in range(2):
            assert client.post("/classify", json=body(beats[:2])).status_code == 200
    assert [record.message for record in caplog.records] == ["the spans of a batch are lost"] * 2
